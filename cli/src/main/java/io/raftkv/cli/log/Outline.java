package io.raftkv.cli.log;

import io.raftkv.cli.Console;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes nested maps and lists as indented lines: a name and a value on each. */
final class Outline {
    private Outline() {}

    static void print(Console console, String indent, Map<String, Object> values) {
        values.forEach((name, value) -> {
            if (!(value instanceof List<?> list)) {
                console.out().println(indent + name + " " + value);
                return;
            }
            for (Object item : list) {
                if (item instanceof Map<?, ?> map) {
                    Map<String, Object> inner = new LinkedHashMap<>();
                    map.forEach((key, inside) -> inner.put(String.valueOf(key), inside == null ? "" : inside));
                    print(console, inner.isEmpty() ? indent : indent + "  ", inner);
                } else {
                    console.out().println(indent + name + " " + item);
                }
            }
        });
    }
}
