package io.raftkv.kvserver.shard;

import io.raftkv.kvserver.command.WriteApplier;
import io.raftkv.kvserver.engine.Frozen;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.kvserver.engine.SnapshotFormat;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The state machine of a shard: an engine, and the writes that change it.
 *
 * <p>Threads: the loop of the shard, but for {@link #load} and the writing of a frozen state; {@link #engine} may be read
 * by any thread for numbers that need not be exact.
 */
public final class ShardMachine implements StateMachine {
    private volatile MemoryEngine engine = new MemoryEngine();

    /** The engine as it is now; a snapshot that is installed puts another in its place. */
    public MemoryEngine engine() {
        return engine;
    }

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
