package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.session.SessionMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A {@link SimKv} with sessions: commands that begin with the version of session commands are these, all others its own. */
final class SimMachine implements StateMachine {
    private static final byte SESSION_COMMAND = 1;

    private final SimKv kv = new SimKv();
    private final SessionMachine sessions = new SessionMachine(kv, new HashCodec());

    SimKv kv() {
        return kv;
    }

    SessionMachine sessions() {
        return sessions;
    }

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        return command.byteAt(0) == SESSION_COMMAND
                ? sessions.apply(index, timeMs, command)
                : kv.apply(index, timeMs, command);
    }

    @Override
    public FrozenState freeze() {
        return sessions.freeze();
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        return sessions.load(in);
    }

    /** Keeps the hash of a result, in more or fewer bytes, as nobody looks at the results of these commands. */
    private static final class HashCodec implements ResultCodec {
        @Override
        public Bytes encode(Object result) {
            int hash = result.hashCode();
            return Bytes.wrap(ByteBuffer.allocate(Integer.BYTES + (hash & 63))
                    .putInt(hash)
                    .array());
        }

        @Override
        public Object decode(Bytes encoded) {
            return encoded.asByteBuffer().getInt();
        }
    }
}
