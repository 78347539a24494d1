package io.raftkv.coordinator.wire;

import io.raftkv.raft.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link WireWriter} wrote. Lengths are checked against what is there before anything is allocated.
 *
 * <p>Threads: one at a time.
 */
public final class WireReader {
    private final ByteBuffer in;

    public WireReader(byte[] bytes) {
        this(ByteBuffer.wrap(bytes));
    }

    public WireReader(Bytes bytes) {
        this(bytes.asByteBuffer());
    }

    /** Reads from the position of {@code in} to its limit. */
    public WireReader(ByteBuffer in) {
        this.in = in;
    }

    public int u8() {
        require(1);
        return in.get() & 0xff;
    }

    public boolean bool() {
        int value = u8();
        if (value > 1) {
            throw new WireException("a flag of " + value);
        }
        return value == 1;
    }

    public int i32() {
        require(4);
        return in.getInt();
    }

    public long i64() {
        require(8);
        return in.getLong();
    }

    public Bytes bytes() {
        return Bytes.wrap(array());
    }

    public byte[] array() {
        int length = i32();
        require(length);
        byte[] value = new byte[length];
        in.get(value);
        return value;
    }

    public String text() {
        return bytes().toUtf8();
    }

    public <T> @Nullable T optional(Function<WireReader, T> reader) {
        return bool() ? reader.apply(this) : null;
    }

    public <T> List<T> list(Function<WireReader, T> reader) {
        int count = i32();
        // Every item takes at least one byte, so a count beyond what remains is damage and must not size a list.
        require(count);
        List<T> items = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            items.add(reader.apply(this));
        }
        return items;
    }

    /** The bytes that were not read yet. */
    public ByteBuffer rest() {
        return in.slice();
    }

    /** Fails if anything was left over: it would be a field that this release does not know. */
    public void end() {
        if (in.hasRemaining()) {
            throw new WireException(in.remaining() + " bytes are left over");
        }
    }

    private void require(int bytes) {
        if (bytes < 0 || bytes > in.remaining()) {
            throw new WireException(bytes + " bytes are due and " + in.remaining() + " are there");
        }
    }
}
