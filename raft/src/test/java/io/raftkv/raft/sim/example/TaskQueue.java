package io.raftkv.raft.sim.example;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A queue of tasks that numbers what it hands out; and the same with a mistake of the kind that is easily made. */
final class TaskQueue implements StateMachine {
    /** What may be wrong with it. */
    enum Mistake {
        NONE,
        /** The snapshot lacks how many tasks were handed out. */
        FORGETS_COUNT_IN_SNAPSHOT,
        /** A task's place depends on the process that applies the command. */
        ASKS_THE_PROCESS,
        /** The frozen state is the live one. */
        SNAPSHOT_SHOWS_LATER_WRITES
    }

    private static final byte PUT = 1;

    /** A task that was handed out; the task is null if there was none. */
    record Taken(long number, String task) {}

    private final Mistake mistake;
    private ArrayDeque<String> tasks = new ArrayDeque<>();
    private long taken;

    TaskQueue(Mistake mistake) {
        this.mistake = mistake;
    }

    static Bytes put(String task) {
        return Bytes.utf8((char) PUT + task);
    }

    static Bytes take() {
        return Bytes.utf8("\0");
    }

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        if (command.byteAt(0) != PUT) {
            return new Taken(++taken, tasks.poll());
        }
        String task = command.toUtf8().substring(1);
        if (mistake == Mistake.ASKS_THE_PROCESS && System.identityHashCode(this) % 2 == 0) {
            tasks.addFirst(task);
        } else {
            tasks.addLast(task);
        }
        return (long) tasks.size();
    }

    int size() {
        return tasks.size();
    }

    @Override
    public FrozenState freeze() {
        List<String> copy = new ArrayList<>(tasks);
        long count = mistake == Mistake.FORGETS_COUNT_IN_SNAPSHOT ? 0 : taken;
        return new FrozenState() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
                List<String> written = mistake == Mistake.SNAPSHOT_SHOWS_LATER_WRITES ? new ArrayList<>(tasks) : copy;
                DataOutputStream data = new DataOutputStream(out);
                data.writeLong(count);
                data.writeInt(written.size());
                for (String task : written) {
                    data.writeUTF(task);
                }
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        DataInputStream data = new DataInputStream(in);
        long count = data.readLong();
        ArrayDeque<String> loaded = new ArrayDeque<>();
        for (int left = data.readInt(); left > 0; left--) {
            loaded.add(data.readUTF());
        }
        return () -> {
            tasks = loaded;
            taken = count;
        };
    }
}
