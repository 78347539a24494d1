package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;

/**
 * How results of a state machine are kept until they are acknowledged. Null results need no encoding.
 *
 * <p>Threads: the loop of the group.
 */
public interface ResultCodec {
    /** For state machines whose results are {@link Bytes}. */
    ResultCodec BYTES = new ResultCodec() {
        @Override
        public Bytes encode(Object result) {
            return (Bytes) result;
        }

        @Override
        public Object decode(Bytes encoded) {
            return encoded;
        }
    };

    /** The same bytes on every replica. {@code result} goes to its proposer afterwards: it must not be kept or changed. */
    Bytes encode(Object result);

    /** A result equal to that which was encoded, for a command that came again. */
    Object decode(Bytes encoded);
}
