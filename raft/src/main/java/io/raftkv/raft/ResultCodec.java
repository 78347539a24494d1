package io.raftkv.raft;

import org.jspecify.annotations.Nullable;

/**
 * How results of {@link StateMachine#apply} travel to another server, for {@link RaftGroup#forward}, and how a {@link
 * io.raftkv.raft.session.SessionMachine} keeps them until they are acknowledged.
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

    /**
     * The same bytes on every replica. {@code result} goes to its proposer afterwards: it must not be kept or changed. Null
     * needs no encoding.
     */
    Bytes encode(Object result);

    /**
     * A result equal to that which {@link #encode} was given, on another server or for a command that came again.
     *
     * @throws IllegalArgumentException if the bytes are none
     */
    @Nullable
    Object decode(Bytes bytes);
}
