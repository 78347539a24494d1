package io.raftkv.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The table of one kind of file. In XML its settings are elements inside the {@code wrappers}, the first of which is
 * the root element; in YAML they are entries of the top level, and the wrappers may be left out.
 *
 * <p>Threads: immutable.
 */
public final class ConfigSchema {
    private final String title;
    private final List<String> wrappers;
    private final Map<String, Setting<?>> settings = new LinkedHashMap<>();

    /**
     * @param title what such a file configures
     * @param wrappers the elements that hold settings in XML, from the outside in
     * @param settings the rows
     */
    public ConfigSchema(String title, List<String> wrappers, List<Setting<?>> settings) {
        this.title = title;
        this.wrappers = List.copyOf(wrappers);
        settings.forEach(setting -> this.settings.put(setting.name(), setting));
    }

    /**
     * Reads a file, YAML if its name ends with {@code .yaml} or {@code .yml}, else XML.
     *
     * @throws ConfigException if it cannot be read, is broken, or a setting is unknown, missing, repeated or not allowed
     */
    public Settings read(Path file) {
        ConfigNode root = parse(file);
        Map<String, List<ConfigNode>> found = new LinkedHashMap<>();
        if (root.key().isEmpty()) {
            collect(file, root, 0, found);
        } else if (root.key().equals(wrappers.get(0))) {
            collect(file, root, 1, found);
        } else {
            throw new ConfigException(
                    file,
                    root.line(),
                    root.key(),
                    "is not the root of " + title + "; allowed: <" + wrappers.get(0) + ">");
        }
        Settings values = new Settings(file, root.line());
        found.forEach((key, nodes) -> put(file, key, nodes, values));
        for (Setting<?> setting : settings.values()) {
            if (setting.isRequired()) {
                values.get(setting);
            }
        }
        return values;
    }

    private static ConfigNode parse(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        try {
            byte[] content = Files.readAllBytes(file);
            boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
            return yaml ? YamlFile.read(file, content) : XmlFile.read(file, content);
        } catch (IOException e) {
            String text = "cannot be read: " + reason(e) + "; allowed: a readable XML or YAML file";
            throw new ConfigException(file, 0, null, text);
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file";
        } else if (e instanceof AccessDeniedException) {
            return "no permission";
        } else if (e instanceof CharacterCodingException) {
            return "it is not in UTF-8";
        }
        return String.valueOf(e.getMessage());
    }

    private void collect(Path file, ConfigNode node, int depth, Map<String, List<ConfigNode>> found) {
        if (!node.text().isEmpty()) {
            throw new ConfigException(
                    file, node.line(), node.key(), "holds the text '" + node.text() + "'; allowed: " + names());
        }
        for (ConfigNode child : node.children()) {
            int wrapper = wrappers.indexOf(child.key());
            if (wrapper >= depth) {
                collect(file, child, wrapper + 1, found);
            } else if (!settings.containsKey(child.key())) {
                throw new ConfigException(file, child.line(), child.key(), "is unknown; allowed: " + names());
            } else {
                found.computeIfAbsent(child.key(), key -> new ArrayList<>()).add(child);
            }
        }
    }

    private void put(Path file, String key, List<ConfigNode> nodes, Settings values) {
        Setting<?> setting = settings.get(key);
        if (setting == null) {
            throw new IllegalStateException("collect() let " + key + " through");
        }
        for (ConfigNode node : nodes) {
            if (!node.children().isEmpty()) {
                String inner = node.children().get(0).key();
                throw new ConfigException(file, node.line(), key, "holds '" + inner + "'; " + setting.allowed());
            }
        }
        if (nodes.size() > 1 && !setting.isRepeated()) {
            String first = "is given again, after line " + nodes.get(0).line();
            throw new ConfigException(file, nodes.get(1).line(), key, first + "; allowed: once");
        }
        read(file, setting, nodes, values);
    }

    private static <T> void read(Path file, Setting<T> setting, List<ConfigNode> nodes, Settings values) {
        values.put(setting, setting.read(file, nodes), nodes.get(0).line());
    }

    private String names() {
        return String.join(", ", settings.keySet());
    }

    /** The section of the reference document on this kind of file. */
    public String reference() {
        String head = "| setting | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
        String rows = settings.values().stream().map(Setting::row).collect(Collectors.joining("\n", "", "\n"));
        String capital = title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1);
        String path = wrappers.stream().map(wrapper -> "<" + wrapper + ">").collect(Collectors.joining());
        return "## " + capital + "\n\nIn XML, inside `" + path + "`.\n\n" + head + rows;
    }
}
