package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has read and not consumed. It owns the one buffer it holds.
 *
 * <p>Threads: the connection's loop.
 */
final class PendingInput {
    private @Nullable ByteBuf buffer;

    /** All input that there is, or null. */
    @Nullable
    ByteBuf buffer() {
        return buffer;
    }

    /** Adds a piece, and becomes its owner. Mostly there is nothing before it, and nothing is copied. */
    ByteBuf add(ByteBuf piece, ByteBufAllocator allocator) {
        ByteBuf before = buffer;
        if (before == null) {
            buffer = piece;
            return piece;
        }
        ByteBuf joined = allocator.buffer(before.readableBytes() + piece.readableBytes());
        joined.writeBytes(before).writeBytes(piece);
        before.release();
        piece.release();
        buffer = joined;
        return joined;
    }

    /** All that is complete was consumed. A part of a line may be left; it must not pin a whole read buffer. */
    void trim(ByteBufAllocator allocator) {
        ByteBuf consumed = buffer;
        if (consumed != null) {
            int rest = consumed.readableBytes();
            buffer = rest > 0 ? allocator.buffer(rest).writeBytes(consumed) : null;
            consumed.release();
        }
    }

    void release() {
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
    }
}
