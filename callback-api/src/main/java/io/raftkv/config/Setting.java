package io.raftkv.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A row of a table: everything that is known about one setting.
 *
 * <p>Threads: immutable.
 *
 * @param <T> what it is in the program; a list if it may be repeated
 */
public final class Setting<T> {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private final String name;
    private final String type;
    private final String allowed;
    private final Function<String, ?> parser;
    private final boolean repeated;
    private final boolean required;
    private final @Nullable T fallback;
    private final String fallbackText;
    private final String meaning;

    private Setting(
            String name,
            String type,
            String allowed,
            Function<String, ?> parser,
            boolean repeated,
            boolean required,
            @Nullable T fallback,
            String fallbackText,
            String meaning) {
        this.name = name;
        this.type = type;
        this.allowed = allowed;
        this.parser = parser;
        this.repeated = repeated;
        this.required = required;
        this.fallback = fallback;
        this.fallbackText = fallbackText;
        this.meaning = meaning;
    }

    /** A whole number in {@code [min, max]}. */
    public static Setting<Integer> integer(String name, int min, int max, String meaning) {
        String allowed = "allowed: a whole number from " + min + " to " + max;
        Function<String, Integer> parser = text -> {
            if (text.matches("-?[0-9]{1,10}")) {
                long value = Long.parseLong(text);
                if (value >= min && value <= max) {
                    return (int) value;
                }
                throw new IllegalArgumentException(value + " is out of range; " + allowed);
            }
            throw new IllegalArgumentException("'" + text + "' is no whole number; " + allowed);
        };
        return new Setting<>(name, "whole number", allowed, parser, false, false, null, "", meaning);
    }

    /** An address whose port is in {@code [minPort, 65535]}. */
    public static Setting<HostPort> address(String name, int minPort, String meaning) {
        return new Setting<>(name, "address", HostPort.ALLOWED, address(minPort), false, false, null, "", meaning);
    }

    /** Addresses with ports from 1: in XML the element is repeated, in YAML it is a list. */
    public static Setting<List<HostPort>> addresses(String name, String meaning) {
        return new Setting<>(name, "addresses, repeated", HostPort.ALLOWED, address(1), true, false, null, "", meaning);
    }

    private static Function<String, HostPort> address(int minPort) {
        return text -> {
            HostPort address = HostPort.parse(text);
            if (address.port() < minPort) {
                throw new IllegalArgumentException("'" + text + "' has port 0; a port from 1 to 65535 is allowed");
            }
            return address;
        };
    }

    /** A folder; relative ones begin where the process was started. */
    public static Setting<Path> folder(String name, String meaning) {
        String allowed = "allowed: a path";
        Function<String, Path> parser = text -> {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("'" + text + "' is no path: " + e.getReason() + "; " + allowed, e);
            }
        };
        return new Setting<>(name, "folder", allowed, parser, false, false, null, "", meaning);
    }

    /** A short name of letters, digits, dots, hyphens and underscores. */
    public static Setting<String> name(String name, String meaning) {
        String allowed = "allowed: 1 to 64 letters, digits, '.', '-', '_', the first a letter or digit";
        Function<String, String> parser = text -> {
            if (NAME.matcher(text).matches()) {
                return text;
            }
            throw new IllegalArgumentException("'" + text + "' is no name; " + allowed);
        };
        return new Setting<>(name, "name", allowed, parser, false, false, null, "", meaning);
    }

    /** The same, without which a file is not complete. */
    public Setting<T> required() {
        return new Setting<>(name, type, allowed, parser, repeated, true, null, "required", meaning);
    }

    /** The same with a default. */
    public Setting<T> orElse(T value) {
        String text =
                repeated ? String.join(", ", items(value).map(String::valueOf).toList()) : value.toString();
        return new Setting<>(
                name, type, allowed, parser, repeated, false, value, text.isEmpty() ? "none" : text, meaning);
    }

    /** The same with a default that follows from other settings, in words. */
    public Setting<T> orElseDerived(String words) {
        return new Setting<>(name, type, allowed, parser, repeated, false, null, words, meaning);
    }

    /** What it is called in both formats. */
    public String name() {
        return name;
    }

    /** The default, or null if there is none or it follows from other settings. */
    public @Nullable T fallback() {
        return fallback;
    }

    boolean isRequired() {
        return required;
    }

    boolean isRepeated() {
        return repeated;
    }

    String allowed() {
        return allowed;
    }

    /**
     * Checks a value that comes from a program.
     *
     * @throws ConfigException if it is not allowed
     */
    public void check(T value) {
        items(value).forEach(item -> parse(String.valueOf(item)));
    }

    /** Reads what stands in a file, at least one node. */
    @SuppressWarnings("unchecked") // The factories pair the parser with T, and only the list factory says "repeated".
    T read(Path file, List<ConfigNode> nodes) {
        List<?> items = nodes.stream().map(node -> parse(file, node)).toList();
        return (T) (repeated ? items : items.get(0));
    }

    private Object parse(Path file, ConfigNode node) {
        try {
            return parse(node.text());
        } catch (ConfigException e) {
            throw e.at(file, node.line());
        }
    }

    private Object parse(String text) {
        if (text.isEmpty()) {
            throw new ConfigException(null, 0, name, "is empty; " + allowed);
        }
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(null, 0, name, String.valueOf(e.getMessage()));
        }
    }

    private Stream<?> items(T value) {
        return value instanceof List<?> list ? list.stream() : Stream.of(value);
    }

    /** A row of the reference document. */
    String row() {
        String range = allowed.replaceFirst("^allowed: ", "").replace("|", "\\|");
        return "| `" + name + "` | " + type + " | " + fallbackText + " | " + range + " | " + meaning + " |";
    }
}
