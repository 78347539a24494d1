package io.raftkv.raft;

import org.jspecify.annotations.Nullable;

/**
 * How results of {@link StateMachine#apply} travel to another server, for {@link RaftGroup#forward}.
 *
 * <p>Threads: the event loop of the group.
 */
public interface ResultCodec {
    /** For machines whose results are {@link Bytes} or null. */
    ResultCodec BYTES = new ResultCodec() {
        @Override
        public Bytes encode(Object result) {
            return (Bytes) result;
        }

        @Override
        public Object decode(Bytes bytes) {
            return bytes;
        }
    };

    /** Null needs no encoding. */
    Bytes encode(Object result);

    /**
     * The result that {@link #encode} was given, on another server.
     *
     * @throws IllegalArgumentException if the bytes are none
     */
    @Nullable
    Object decode(Bytes bytes);
}
