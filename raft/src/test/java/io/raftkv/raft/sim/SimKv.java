package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;

/**
 * A small key-value store that watches over the contract of {@link StateMachine} and tells the hash of its state after
 * each command. Each command's result is the state of its key before it.
 */
final class SimKv implements StateMachine {
    private final SimThread loop;
    private final StateListener listener;
    private TreeMap<String, String> state = new TreeMap<>();
    private long contentHash;
    private long lastIndex;
    private long lastTimeMs;
    /** How many commands of the entry at {@link #lastIndex} were applied. */
    private int ordinal;

    private boolean frozen;

    /** Hears of each state that the machine was in. */
    interface StateListener {
        void state(long index, int ordinal, long hash);
    }

    SimKv(SimThread loop, StateListener listener) {
        this.loop = loop;
        this.listener = listener;
    }

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        onLoop("apply");
        if (index < lastIndex || timeMs < lastTimeMs) {
            throw loop.world.failure(
                    "applied " + index + " at " + timeMs + " ms after " + lastIndex + " at " + lastTimeMs);
        }
        ordinal = index == lastIndex ? ordinal + 1 : 1;
        lastIndex = index;
        lastTimeMs = timeMs;
        KvCommand asked = KvCommand.decode(command);
        String before = state.get(asked.key());
        put(asked.key(), before, asked.applyTo(before));
        listener.state(lastIndex, ordinal, hash());
        return new Result(before);
    }

    /** What a command answers; a null inside of a record, as null itself is what no answer looks like. */
    record Result(String before) {}

    String get(String key) {
        onLoop("get");
        return state.get(key);
    }

    private void put(String key, String before, String after) {
        if (before != null) {
            contentHash -= hashOf(key, before);
        }
        if (after == null) {
            state.remove(key);
        } else {
            contentHash += hashOf(key, after);
            state.put(key, after);
        }
    }

    private static long hashOf(String key, String value) {
        long mixed = (key.hashCode() * 0x9E3779B97F4A7C15L ^ value.hashCode()) * 0xBF58476D1CE4E5B9L;
        return mixed ^ mixed >>> 31;
    }

    private long hash() {
        return contentHash * 31 + lastTimeMs;
    }

    /** Equal on all replicas that applied the same commands. */
    String digest() {
        return lastIndex + "." + ordinal + ":" + Long.toHexString(hash());
    }

    private void onLoop(String what) {
        if (loop.world.current() != loop) {
            throw loop.world.failure(what + " ran on " + loop.world.current() + ", not on " + loop);
        }
    }

    @Override
    public FrozenState freeze() {
        onLoop("freeze");
        if (frozen) {
            throw loop.world.failure("frozen twice");
        }
        frozen = true;
        return new Frozen(new TreeMap<>(state), lastIndex, lastTimeMs, ordinal);
    }

    private final class Frozen implements FrozenState {
        private final TreeMap<String, String> copy;
        private final long index;
        private final long timeMs;
        private final int commands;
        private boolean written;
        private boolean closed;

        Frozen(TreeMap<String, String> copy, long index, long timeMs, int commands) {
            this.copy = copy;
            this.index = index;
            this.timeMs = timeMs;
            this.commands = commands;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            if (written || closed || loop.world.current() == loop) {
                throw loop.world.failure("written " + written + ", closed " + closed + " on " + loop.world.current());
            }
            written = true;
            DataOutputStream data = new DataOutputStream(out);
            data.writeLong(index);
            data.writeLong(timeMs);
            data.writeInt(commands);
            data.writeInt(copy.size());
            for (Map.Entry<String, String> pair : copy.entrySet()) {
                data.writeUTF(pair.getKey());
                data.writeUTF(pair.getValue());
            }
            data.flush();
        }

        @Override
        public void close() {
            onLoop("close");
            if (closed) {
                throw loop.world.failure("closed twice");
            }
            closed = true;
            frozen = false;
        }
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        if (loop.world.current() == loop) {
            throw loop.world.failure("load ran on the loop");
        }
        DataInputStream data = new DataInputStream(in);
        long index = data.readLong();
        long timeMs = data.readLong();
        int commands = data.readInt();
        TreeMap<String, String> loaded = new TreeMap<>();
        for (int i = data.readInt(); i > 0; i--) {
            loaded.put(data.readUTF(), data.readUTF());
        }
        return () -> replace(index, timeMs, commands, loaded);
    }

    private void replace(long index, long timeMs, int commands, TreeMap<String, String> loaded) {
        if (loop.world.current() != null) {
            // Null while the node starts: nothing runs on the loop yet.
            onLoop("replace");
        }
        state = loaded;
        lastIndex = index;
        lastTimeMs = timeMs;
        ordinal = commands;
        contentHash = 0;
        loaded.forEach((key, value) -> contentHash += hashOf(key, value));
        listener.state(lastIndex, ordinal, hash());
    }
}
