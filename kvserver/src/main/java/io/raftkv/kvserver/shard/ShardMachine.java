package io.raftkv.kvserver.shard;

import io.raftkv.kvserver.command.AnswerCodec;
import io.raftkv.kvserver.command.WriteApplier;
import io.raftkv.kvserver.engine.Frozen;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.kvserver.engine.SnapshotFormat;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.session.SessionMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of a shard: an engine, the writes that change it, and around both the sessions in which writes are executed
 * once.
 *
 * <p>Threads: the loop of the shard, but for {@link #load} and the writing of a frozen state; {@link #engine} may be read
 * by any thread for numbers that need not be exact.
 */
public final class ShardMachine implements StateMachine {
    private final SessionMachine sessions = new SessionMachine(new Keys(), AnswerCodec.INSTANCE);
    private volatile MemoryEngine engine = new MemoryEngine();

    /** The engine as it is now; a snapshot that is installed puts another in its place. */
    public MemoryEngine engine() {
        return engine;
    }

    /** The sessions of the shard. */
    public SessionMachine sessions() {
        return sessions;
    }

    @Override
    public @Nullable Object apply(long index, long timeMs, Bytes command) {
        return sessions.apply(index, timeMs, command);
    }

    @Override
    public FrozenState freeze() {
        return sessions.freeze();
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        return sessions.load(in);
    }

    /** What the sessions are around. */
    private final class Keys implements StateMachine {
        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return WriteApplier.apply(command, engine);
        }

        @Override
        public FrozenState freeze() {
            Frozen frozen = engine.freeze();
            return new FrozenState() {
                @Override
                public void writeTo(OutputStream out) throws IOException {
                    SnapshotFormat.write(frozen, out);
                }

                @Override
                public void close() {
                    frozen.close();
                }
            };
        }

        @Override
        public Runnable load(InputStream in) throws IOException {
            MemoryEngine loaded = SnapshotFormat.read(in);
            return () -> engine = loaded;
        }
    }
}
