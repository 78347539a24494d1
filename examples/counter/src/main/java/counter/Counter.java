package counter;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Counts. A command is the number to count to next, so one that is repeated, its outcome being unknown, counts once. */
final class Counter implements StateMachine {
    private long value;

    static Bytes countTo(long number) {
        return Bytes.utf8(Long.toString(number));
    }

    long value() {
        return value;
    }

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        if (Long.parseLong(command.toUtf8()) == value + 1) {
            value++;
        }
        return value;
    }

    @Override
    public FrozenState freeze() {
        long frozen = value;
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
        return () -> value = loaded;
    }
}
