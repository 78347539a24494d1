package io.raftkv.coordinator.wire;

import io.raftkv.raft.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes primitives to a growing array: big-endian numbers, lengths before contents.
 *
 * <p>Threads: one at a time.
 */
public final class WireWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

    public WireWriter u8(int value) {
        out.write(value);
        return this;
    }

    public WireWriter bool(boolean value) {
        return u8(value ? 1 : 0);
    }

    public WireWriter i32(int value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(value >>> shift);
        }
        return this;
    }

    public WireWriter i64(long value) {
        return i32((int) (value >>> 32)).i32((int) value);
    }

    public WireWriter bytes(Bytes value) {
        return bytes(value.toArray());
    }

    public WireWriter bytes(byte[] value) {
        i32(value.length);
        out.writeBytes(value);
        return this;
    }

    public WireWriter text(String value) {
        return bytes(Bytes.utf8(value));
    }

    /** One byte that tells whether there is a value, and then the value. */
    public <T> WireWriter optional(@Nullable T value, BiConsumer<WireWriter, T> writer) {
        bool(value != null);
        if (value != null) {
            writer.accept(this, value);
        }
        return this;
    }

    /** The number of items, and then each. */
    public <T> WireWriter list(Collection<? extends T> items, BiConsumer<WireWriter, T> writer) {
        i32(items.size());
        items.forEach(item -> writer.accept(this, item));
        return this;
    }

    public byte[] toArray() {
        return out.toByteArray();
    }

    public Bytes toBytes() {
        return Bytes.wrap(out.toByteArray());
    }
}
