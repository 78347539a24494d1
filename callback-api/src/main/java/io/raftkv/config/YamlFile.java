package io.raftkv.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a YAML file of one document into nodes. Aliases are refused: a configuration needs none. */
final class YamlFile {
    private final Path file;
    private final YAMLParser parser;

    private YamlFile(Path file, YAMLParser parser) {
        this.file = file;
        this.parser = parser;
    }

    static ConfigNode read(Path file, byte[] content) throws IOException {
        // Not left to the parser, which puts other characters in the place of what is no UTF-8.
        CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
        try (YAMLParser parser = new YAMLFactory().createParser(text.toString())) {
            return new YamlFile(file, parser).root();
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            String reason =
                    String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
            throw new ConfigException(file, line, null, "is no valid YAML: " + reason + "; see config/*.yaml");
        }
    }

    private ConfigNode root() throws IOException {
        JsonToken first = parser.nextToken();
        if (first != JsonToken.START_OBJECT) {
            throw new ConfigException(
                    file, Math.max(1, line()), null, "holds no settings; lines like 'name: value' are allowed");
        }
        ConfigNode root = new ConfigNode("", line(), "", entries(0));
        if (parser.nextToken() != null) {
            throw new ConfigException(file, line(), null, "holds more than one document; one is allowed");
        }
        return root;
    }

    /** The entries of the object that has just begun. */
    private List<ConfigNode> entries(int depth) throws IOException {
        List<ConfigNode> entries = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            int line = line();
            value(key, line, parser.nextToken(), depth + 1, entries);
        }
        return entries;
    }

    private void value(String key, int line, @Nullable JsonToken token, int depth, List<ConfigNode> out)
            throws IOException {
        if (depth > ConfigNode.MAX_DEPTH) {
            throw new ConfigException(file, line, key, "is nested too deep; see config/*.yaml");
        }
        if (parser.isCurrentAlias()) {
            throw new ConfigException(file, line, key, "is an alias; only plain values are allowed");
        }
        if (token == JsonToken.START_OBJECT) {
            out.add(new ConfigNode(key, line, "", entries(depth)));
        } else if (token == JsonToken.START_ARRAY) {
            for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
                value(key, line(), item, depth + 1, out);
            }
        } else {
            String text = token == JsonToken.VALUE_NULL ? "" : parser.getText().strip();
            out.add(new ConfigNode(key, line, text, List.of()));
        }
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }
}
