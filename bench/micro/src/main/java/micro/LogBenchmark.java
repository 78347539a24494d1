package micro;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.core.CommandBatch;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.memory.MemoryDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One write of the log: a record with an entry of 16 commands of 100 bytes for each of some groups, with its checksums, to a disk
 * in memory. What it costs apart from the disk.
 */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LogBenchmark {
    /** Then the groups let go of what they have. */
    private static final int CUT_EVERY = 100;

    @Param({"1", "16"})
    int groups;

    private final Bytes command = Bytes.wrap(new byte[100]);
    private final List<Bytes> commands = Collections.nCopies(16, command);
    private final Bytes body = CommandBatch.encodeBody(1, commands);
    private SharedLog log;
    private long index;
    private long durable;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        LogOptions options = LogOptions.defaults(failure -> {
            throw new IllegalStateException(failure);
        });
        log = SharedLog.open(
                new MemoryDisk(), "log", options.withPreallocateBytes(0), "bench", 1, Runnable::run);
        index = 0;
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        log.close();
    }

    @Benchmark
    public long append() {
        index++;
        List<GroupWrite> writes = new ArrayList<>(groups);
        for (int group = 1; group <= groups; group++) {
            LogPosition start = index % CUT_EVERY == 0 ? new LogPosition(index - 1, 1) : null;
            writes.add(new GroupWrite(group, null, start, List.of(Entry.of(index, 1, body))));
        }
        log.append(writes, () -> durable++);
        return durable;
    }

    /** What a leader does first: the commands of a turn become one entry. */
    @Benchmark
    public Entry encodeEntry() {
        return Entry.of(1000, 1, CommandBatch.encodeBody(1, commands));
    }
}
