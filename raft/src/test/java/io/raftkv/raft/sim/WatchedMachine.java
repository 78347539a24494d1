package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.Function;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * The machine of a workload, under watch: the node must keep the contract of {@link StateMachine}, and equal commands must
 * lead to equal results and states on all replicas.
 */
final class WatchedMachine implements StateMachine {
    /** Hears of what was applied, and of the states that the machine was in. */
    interface Listener {
        void result(long index, int ordinal, Object result);

        void state(long index, int ordinal, long hash);
    }

    private final SimThread loop;
    private final StateMachine machine;
    private final Judge judge;
    private final double applyNanos;
    private final Listener listener;
    private long lastIndex;
    private long lastTimeMs;
    /** How many commands of the entry at {@link #lastIndex} were applied. */
    private int ordinal;

    private boolean opened;
    private boolean frozen;

    /** What the workload says of its machine. */
    private interface Judge {
        long hash();

        int hashEvery();

        Object result(Object applied);
    }

    private WatchedMachine(SimThread loop, StateMachine machine, Judge judge, double applyNanos, Listener listener) {
        this.loop = loop;
        this.machine = machine;
        this.judge = judge;
        this.applyNanos = applyNanos;
        this.listener = listener;
    }

    /** @param applyNanos the mean time that a command takes */
    static <M extends StateMachine> WatchedMachine of(
            Workload<M, ?> workload, SimThread loop, double applyNanos, Listener listener) {
        M machine = workload.machine();
        Judge judge = new Judge() {
            @Override
            public long hash() {
                workload.check(machine);
                return workload.hash(machine);
            }

            @Override
            public int hashEvery() {
                return workload.hashEvery();
            }

            @Override
            public Object result(Object applied) {
                return workload.result(applied);
            }
        };
        return new WatchedMachine(loop, machine, judge, applyNanos, listener);
    }

    @Override
    public ResultCodec resultCodec() {
        return machine.resultCodec();
    }

    static long hashOfSnapshot(StateMachine machine) {
        try (FrozenState state = machine.freeze()) {
            CheckedOutputStream out = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32C());
            state.writeTo(out);
            return out.getChecksum().getValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        loop.spend(loop.world.exponential(applyNanos));
        Object result = machine.apply(index, timeMs, command);
        listener.result(index, ordinal, judge.result(result));
        if (!frozen && index % judge.hashEvery() == 0) {
            listener.state(index, ordinal, judge.hash());
        }
        return result;
    }

    StateMachine watched() {
        return machine;
    }

    /** What {@code query} reads from the machine. */
    Object read(Function<StateMachine, Object> query) {
        onLoop("read");
        return query.apply(machine);
    }

    /** Equal on all replicas that applied the same commands; null while it cannot be told. */
    String digest() {
        return frozen ? null : lastIndex + "." + ordinal + ":" + Long.toHexString(judge.hash());
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
        return new Frozen();
    }

    private final class Frozen implements FrozenState {
        private final FrozenState state = machine.freeze();
        private final long index = lastIndex;
        private final long timeMs = lastTimeMs;
        private final int commands = ordinal;
        private boolean written;
        private boolean closed;

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
            data.flush();
            state.writeTo(out);
        }

        @Override
        public void close() {
            onLoop("close");
            if (closed) {
                throw loop.world.failure("closed twice");
            }
            closed = true;
            frozen = false;
            state.close();
        }
    }

    /** From now on the loop must not wait for a snapshot; it is read by whoever opens the group. */
    void opened() {
        opened = true;
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        if (opened && loop.world.current() == loop) {
            throw loop.world.failure("load ran on the loop");
        }
        DataInputStream data = new DataInputStream(in);
        long index = data.readLong();
        long timeMs = data.readLong();
        int commands = data.readInt();
        Runnable replace = machine.load(in);
        return () -> replace(index, timeMs, commands, replace);
    }

    private void replace(long index, long timeMs, int commands, Runnable replace) {
        if (loop.world.current() != null) {
            // Null while the node starts: nothing runs on the loop yet.
            onLoop("replace");
        }
        replace.run();
        lastIndex = index;
        lastTimeMs = timeMs;
        ordinal = commands;
        if (!frozen) {
            listener.state(lastIndex, ordinal, judge.hash());
        }
    }
}
