package io.raftkv.kvserver.engine;

import io.raftkv.callback.KeySlot;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key with its place in scan order: by position, then by its bytes, unsigned.
 *
 * <p>Threads: immutable, if nobody writes to the array that it was made of.
 */
public final class Key implements Comparable<Key> {
    private static final byte[] NO_BYTES = {};

    private final long position;
    private final byte[] bytes;

    private Key(long position, byte[] bytes) {
        this.position = position;
        this.bytes = bytes;
    }

    /** Takes ownership of {@code bytes}. */
    public static Key of(byte[] bytes) {
        return new Key(Position.of(KeySlot.of(bytes), bytes), bytes);
    }

    /** A key of UTF-8 text. */
    public static Key of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** What stands before all keys of {@code position}, or is the empty one of them. */
    static Key lowestOf(long position) {
        return new Key(position, NO_BYTES);
    }

    public long position() {
        return position;
    }

    /** The Redis hash slot, in [0, 16384). */
    public int hashSlot() {
        return Position.hashSlotOf(position);
    }

    /** The key itself; the caller must not write to it. */
    public byte[] bytes() {
        return bytes;
    }

    @Override
    public int compareTo(Key other) {
        return position != other.position
                ? Long.compare(position, other.position)
                : Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Key that && position == that.position && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(position);
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
