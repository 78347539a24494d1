package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;

/** A small key-value store. Each command's result is the state of its key before it. */
final class SimKv implements StateMachine {
    private TreeMap<String, String> state = new TreeMap<>();
    private long contentHash;
    private long lastTimeMs;

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        lastTimeMs = timeMs;
        KvCommand asked = KvCommand.decode(command);
        String before = state.get(asked.key());
        put(asked.key(), before, asked.applyTo(before));
        return new Result(before);
    }

    @Override
    public ResultCodec resultCodec() {
        return new ResultCodec() {
            @Override
            public Bytes encode(Object result) {
                String before = ((Result) result).before();
                return Bytes.utf8(before == null ? "" : "=" + before);
            }

            @Override
            public Object decode(Bytes bytes) {
                return new Result(bytes.length() == 0 ? null : bytes.toUtf8().substring(1));
            }
        };
    }

    /** What a command answers; a null inside of a record, as null itself is what no answer looks like. */
    record Result(String before) {}

    String get(String key) {
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

    long hash() {
        return contentHash * 31 + lastTimeMs;
    }

    @Override
    public FrozenState freeze() {
        TreeMap<String, String> copy = new TreeMap<>(state);
        long timeMs = lastTimeMs;
        return new FrozenState() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
                DataOutputStream data = new DataOutputStream(out);
                data.writeLong(timeMs);
                data.writeInt(copy.size());
                for (Map.Entry<String, String> pair : copy.entrySet()) {
                    data.writeUTF(pair.getKey());
                    data.writeUTF(pair.getValue());
                }
                data.flush();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        DataInputStream data = new DataInputStream(in);
        long timeMs = data.readLong();
        TreeMap<String, String> loaded = new TreeMap<>();
        for (int i = data.readInt(); i > 0; i--) {
            loaded.put(data.readUTF(), data.readUTF());
        }
        return () -> {
            state = loaded;
            lastTimeMs = timeMs;
            contentHash = 0;
            loaded.forEach((key, value) -> contentHash += hashOf(key, value));
        };
    }
}
