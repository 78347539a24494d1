package micro;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.session.SessionCommand;
import io.raftkv.raft.session.SessionLimits;
import io.raftkv.raft.session.SessionMachine;
import io.raftkv.raft.session.SessionReply;
import java.io.InputStream;
import java.io.OutputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A command of 100 bytes applied once in one of some sessions, and one that is repeated, around a machine that does nothing. */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SessionBenchmark {
    private static final Bytes RESULT = Bytes.utf8("OK");

    @Param({"1", "10000"})
    int sessions;

    private final Bytes command = Bytes.wrap(new byte[100]);
    private SessionMachine machine;
    private long[] ids;
    private long[] sequences;
    private long index;
    private int next;

    @Setup
    public void register() {
        machine = new SessionMachine(new Nothing(), ResultCodec.BYTES);
        ids = new long[sessions];
        sequences = new long[sessions];
        for (int i = 0; i < sessions; i++) {
            ids[i] = ((SessionReply) machine.apply(++index, 1, SessionCommand.register("", SessionLimits.DEFAULT))).session();
        }
    }

    @Benchmark
    public Object executeOnce() {
        next = (next + 1) % sessions;
        long sequence = ++sequences[next];
        return machine.apply(++index, 1, SessionCommand.command(ids[next], sequence, sequence, command));
    }

    @Benchmark
    public Object repeat() {
        next = (next + 1) % sessions;
        return machine.apply(++index, 1, SessionCommand.command(ids[next], 1, 1, command));
    }

    private static final class Nothing implements StateMachine {
        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return RESULT;
        }

        @Override
        public FrozenState freeze() {
            return new FrozenState() {
                @Override
                public void writeTo(OutputStream out) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public Runnable load(InputStream in) {
            return () -> {};
        }
    }
}
