package io.raftkv.raft.server;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Adds numbers; the result is the sum. */
public final class Sum implements StateMachine {
    private long sum;

    public static Bytes add(long value) {
        return Bytes.utf8(Long.toString(value));
    }

    public long sum() {
        return sum;
    }

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        sum += Long.parseLong(command.toUtf8());
        return sum;
    }

    @Override
    public FrozenState freeze() {
        long frozen = sum;
        return new FrozenState() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
                new DataOutputStream(out).writeLong(frozen);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        long loaded = new DataInputStream(in).readLong();
        return () -> sum = loaded;
    }
}
