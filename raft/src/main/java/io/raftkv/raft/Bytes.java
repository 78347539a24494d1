package io.raftkv.raft;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An immutable string of bytes, equal by content, ordered as unsigned bytes.
 *
 * <p>A slice shares the array of what it was cut from, so a short slice keeps a long array alive; use {@link #compact()}
 * for one that is kept. Threads: immutable, any thread.
 */
public final class Bytes implements Comparable<Bytes> {
    /** No bytes. */
    public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

    private final byte[] array;
    private final int offset;
    private final int length;

    private Bytes(byte[] array, int offset, int length) {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    /** Takes ownership of {@code array}: the caller must not change it any more. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array, 0, array.length);
    }

    /** Takes ownership of {@code array[offset, offset + length)}. */
    public static Bytes wrap(byte[] array, int offset, int length) {
        if (offset < 0 || length < 0 || offset > array.length - length) {
            throw new IndexOutOfBoundsException(
                    "offset " + offset + ", length " + length + " of an array of " + array.length);
        }
        return length == 0 ? EMPTY : new Bytes(array, offset, length);
    }

    /** Copies {@code array}, which stays the caller's. */
    public static Bytes copyOf(byte[] array) {
        return wrap(array.clone());
    }

    /** Copies the remaining bytes of {@code buffer} and moves its position to its limit. */
    public static Bytes copyOf(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        return wrap(copy);
    }

    /** The bytes of {@code text} in UTF-8. */
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** How many there are. */
    public int length() {
        return length;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return length == 0;
    }

    /** The byte at {@code index}, which lies in {@code [0, length)}. */
    public byte byteAt(int index) {
        if (index < 0 || index >= length) {
            throw new IndexOutOfBoundsException("index " + index + " of " + length + " bytes");
        }
        return array[offset + index];
    }

    /** The bytes {@code [from, to)}, sharing memory with this. */
    public Bytes slice(int from, int to) {
        if (from < 0 || to < from || to > length) {
            throw new IndexOutOfBoundsException("[" + from + ", " + to + ") of " + length + " bytes");
        }
        return wrap(array, offset + from, to - from);
    }

    /** The same bytes in an array of their own. */
    public Bytes compact() {
        return length == array.length ? this : wrap(toArray());
    }

    /** A copy, which is the caller's. */
    public byte[] toArray() {
        return Arrays.copyOfRange(array, offset, offset + length);
    }

    /** A read-only view, at position 0. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(array, offset, length).slice().asReadOnlyBuffer();
    }

    /** Puts all bytes at the position of {@code target}, which must have room for them. */
    public void putTo(ByteBuffer target) {
        target.put(array, offset, length);
    }

    /** Copies all bytes to {@code target[targetOffset, targetOffset + length)}. */
    public void copyTo(byte[] target, int targetOffset) {
        System.arraycopy(array, offset, target, targetOffset, length);
    }

    /** Adds all bytes to a checksum. */
    public void updateCrc(CRC32C crc) {
        crc.update(array, offset, length);
    }

    /** The text of which these are the bytes in UTF-8; what is malformed becomes a replacement character. */
    public String toUtf8() {
        return new String(array, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(
                array, offset, offset + length, other.array, other.offset, other.offset + other.length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Bytes b
                && Arrays.equals(array, offset, offset + length, b.array, b.offset, b.offset + b.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + array[i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return length <= 64 ? "Bytes[" + toUtf8() + "]" : "Bytes[" + length + " bytes]";
    }
}
