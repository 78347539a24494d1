package io.raftkv.resp;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A map from command names, without regard to case, that is asked with the bytes as they came, so that a look-up makes
 * no objects: open addressing over names folded to lower case.
 *
 * <p>Threads: filled by one, then read by any.
 */
final class CommandNames<V> {
    private final SortedMap<String, V> sorted = new TreeMap<>();
    private byte[] @Nullable [] names = new byte[16][];
    private @Nullable Object[] values = new Object[16];

    void put(String name, V value) {
        sorted.put(name.toLowerCase(Locale.ROOT), value);
        int capacity = Integer.highestOneBit(sorted.size() * 4) * 2;
        names = new byte[capacity][];
        values = new Object[capacity];
        sorted.forEach(this::insert);
    }

    private void insert(String name, V value) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int at = hash(bytes) & (names.length - 1);
        while (names[at] != null) {
            at = (at + 1) & (names.length - 1);
        }
        names[at] = bytes;
        values[at] = value;
    }

    @SuppressWarnings("unchecked")
    @Nullable
    V get(byte[] name) {
        int mask = names.length - 1;
        for (int at = hash(name) & mask; ; at = (at + 1) & mask) {
            byte[] candidate = names[at];
            if (candidate == null) {
                return null;
            }
            if (matches(candidate, name)) {
                return (V) values[at];
            }
        }
    }

    /** In the order of their names. */
    Collection<V> all() {
        return sorted.values();
    }

    private static boolean matches(byte[] lower, byte[] name) {
        if (lower.length != name.length) {
            return false;
        }
        for (int i = 0; i < lower.length; i++) {
            if (lower[i] != fold(name[i])) {
                return false;
            }
        }
        return true;
    }

    private static int hash(byte[] name) {
        int hash = name.length;
        for (byte b : name) {
            hash = hash * 31 + fold(b);
        }
        return hash ^ hash >>> 15;
    }

    private static byte fold(byte b) {
        return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
    }
}
