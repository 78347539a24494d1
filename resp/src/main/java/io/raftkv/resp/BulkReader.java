package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects one bulk and the CRLF behind it from input that may be cut anywhere. The array grows with what has come,
 * so that a peer which announces much and sends nothing costs next to nothing.
 *
 * <p>Threads: the connection's loop.
 */
final class BulkReader {
    /** Shared, as there is nothing in it that could be changed. */
    static final byte[] EMPTY = {};

    private static final int FIRST_PIECE_BYTES = 64 * 1024;

    private byte[] bytes = EMPTY;
    private int length;
    private int filled;

    /** Starts a bulk whose length was checked against the limits. */
    void begin(int byteCount) {
        length = byteCount;
        filled = 0;
        bytes = byteCount == 0 ? EMPTY : new byte[Math.min(byteCount, FIRST_PIECE_BYTES)];
    }

    /** What is allocated. */
    int capacity() {
        return bytes.length;
    }

    /** Takes what there is; returns the bulk when it is complete, else null. */
    byte @Nullable [] read(ByteBuf in) {
        while (filled < length && in.isReadable()) {
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(length, bytes.length * 2L));
            }
            int count = Math.min(in.readableBytes(), bytes.length - filled);
            in.readBytes(bytes, filled, count);
            filled += count;
        }
        if (filled < length || in.readableBytes() < 2) {
            return null;
        }
        if (in.readByte() != '\r' || in.readByte() != '\n') {
            throw new ProtocolError("expected CRLF after a bulk of " + length + " bytes");
        }
        byte[] complete = bytes;
        bytes = EMPTY; // The receiver owns it now.
        return complete;
    }
}
