package io.raftkv.config;

import java.util.List;

/**
 * An element of an XML file or an entry of a YAML file, with the line where it begins. Repeated elements in XML and
 * items of a list in YAML look the same: several children with one key.
 *
 * @param key the element's name; of the root of a YAML file, the empty string
 * @param line counted from 1
 * @param text what stands in it, without blanks around; empty if there is nothing or only children
 * @param children in the order of the file
 */
record ConfigNode(String key, int line, String text, List<ConfigNode> children) {
    /** What a file may nest at most; more is surely no configuration, and must not cost us the stack. */
    static final int MAX_DEPTH = 16;

    ConfigNode {
        children = List.copyOf(children);
    }
}
