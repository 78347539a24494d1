package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log of all groups of a server (Raft §3.8): one stream of files and one sync for all that wait.
 *
 * <pre>append(..) from any thread -> queue -> a cycle on the log executor: write all, sync once, call back in order</pre>
 *
 * While a cycle waits for the disk the next one's work collects. The first I/O error ends it: nothing is written any more
 * and nobody is told that anything is durable, since a sync that is repeated after a failure may succeed without having
 * written what the failed one lost.
 *
 * <p>Threads: {@link #append}, {@link #dropGroup} and the accessors: any. {@link #read}: any that may wait for the disk.
 * Callbacks run on the log executor, which should be one thread that is never interrupted. It has no thread of its own.
 */
public final class SharedLog implements Closeable {
    private static final String LOCK = "LOCK";

    /** What a queued append call weighs beside its entries. */
    private static final long CALL_BYTES = 64;

    private final LogOptions options;
    private final Executor executor;
    private final Closeable lock;
    private final LogWriter writer;
    private final FreeSpace space;
    private final NavigableMap<Long, GroupIndex> groups;
    private final NavigableMap<Long, Long> tombstones;
    private final SortedMap<Long, RecoveredGroup> recovered;

    private final ConcurrentLinkedQueue<Call> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final List<Call> taken = new ArrayList<>();
    private volatile boolean closed;
    private volatile boolean roomIsAskedFor;
    private volatile @Nullable IOException failure;
    private volatile LogStats stats;

    /** What a call wants written. */
    private interface Work {
        void writeTo(LogWriter writer) throws IOException;
    }

    private record Call(Work work, long bytes, Runnable durable) {}

    private SharedLog(
            LogOptions options,
            Executor executor,
            Closeable lock,
            Recovery recovery,
            LogWriter writer,
            FreeSpace space) {
        this.options = options;
        this.executor = executor;
        this.lock = lock;
        this.writer = writer;
        this.space = space;
        this.groups = recovery.state().groups();
        this.tombstones = recovery.state().tombstones();
        this.recovered = recovery.state().recovered();
        this.stats = writer.stats();
    }

    /**
     * Recovers what is in {@code directory}, which is created if it is missing.
     *
     * @param logExecutor runs one cycle at a time
     * @throws LogException if the log is damaged, in use, or belongs to another server or cluster; the message names file
     *     and offset and says what to do
     */
    public static SharedLog open(
            Disk disk, String directory, LogOptions options, String clusterId, long serverId, Executor logExecutor)
            throws IOException {
        disk.createDirectory(directory);
        return open(disk, directory, options, SegmentHeader.hashOf(clusterId), serverId, logExecutor);
    }

    /**
     * Opens the log of a server that does not run, for a tool that has its folder and nothing else.
     *
     * @param cluster what {@link LogSurvey#cluster} says
     * @throws LogException as {@link #open(Disk, String, LogOptions, String, long, Executor)}
     */
    public static SharedLog reopen(
            Disk disk, String directory, LogOptions options, long cluster, long serverId, Executor logExecutor)
            throws IOException {
        return open(disk, directory, options, cluster, serverId, logExecutor);
    }

    private static SharedLog open(
            Disk disk, String directory, LogOptions options, long clusterHash, long serverId, Executor logExecutor)
            throws IOException {
        Closeable lock = lock(disk, directory);
        Recovery recovery = new Recovery(disk, directory, clusterHash, serverId);
        try {
            recovery.run();
            recovery.makeDurable();
            LogWriter writer = new LogWriter(disk, directory, options, recovery);
            FreeSpace space = new FreeSpace(disk, options.reserveBytes());
            space.written(0);
            return new SharedLog(options, logExecutor, lock, recovery, writer, space);
        } catch (IOException | RuntimeException e) {
            recovery.abandon();
            lock.close();
            throw e;
        }
    }

    static Closeable lock(Disk disk, String directory) throws IOException {
        return disk.lock(directory.isEmpty() ? LOCK : directory + "/" + LOCK);
    }

    /**
     * What {@link #open} found, by group. The map is the caller's, who may remove groups from it so that their entries can
     * be forgotten.
     */
    public SortedMap<Long, RecoveredGroup> recovered() {
        return recovered;
    }

    /**
     * Makes the writes durable, all or none of them, after those of all earlier calls, and then runs {@code durable} on the
     * log executor. Never blocks. After a failure {@code durable} is never run.
     *
     * @throws IllegalStateException if the log is closed
     */
    public void append(List<GroupWrite> writes, Runnable durable) {
        long bytes = CALL_BYTES;
        for (GroupWrite write : writes) {
            bytes += CALL_BYTES;
            for (Entry entry : write.entries()) {
                bytes += entry.bytes();
            }
        }
        submit(new Call(writer -> writer.write(writes), bytes, durable));
    }

    /** Says of which replica all that is appended for the group from now on is. Durable when any of that is. */
    public void createReplica(long groupId, long incarnation) {
        submit(new Call(writer -> writer.replica(groupId, incarnation), CALL_BYTES, () -> {}));
    }

    /** Something of another part of the disk that has to be durable before a record is. */
    @FunctionalInterface
    public interface Preparation {
        /** Waits for the disk. An error ends the log, as one of its own does. */
        void run() throws IOException;
    }

    /**
     * Keeps the first configuration of the group until its log begins behind index 0. Durable when anything that is
     * appended later is: many groups that begin share one sync.
     *
     * @param before run on the log executor before it is written
     */
    public void keepGenesis(long groupId, Configuration genesis, Preparation before) {
        Work work = writer -> {
            before.run();
            writer.genesis(groupId, genesis);
        };
        submit(new Call(work, CALL_BYTES, () -> {}));
    }

    /**
     * Lets the replica of the group go on under a later id, with what {@code write} says, durably: all of that or nothing.
     * The present id is buried, see {@link #dropped}. Only for what is no longer a member of a group that others decide about:
     * the votes and acknowledgements of the present id are forgotten.
     */
    public void succeed(long incarnation, GroupWrite write, Runnable durable) {
        submit(new Call(writer -> writer.succeed(incarnation, write), CALL_BYTES, durable));
    }

    /** Begins the log of the group anew, at index 0: the state at its start is lost. Term and vote stay. */
    public void restartGroup(long groupId) {
        submit(new Call(writer -> writer.restart(groupId), CALL_BYTES, () -> {}));
    }

    /**
     * Forgets all of the group, durably, but that this replica of it was here, see {@link #dropped}. The group may be used
     * again by later calls.
     */
    public void dropGroup(long groupId, Runnable durable) {
        submit(new Call(writer -> writer.drop(groupId), CALL_BYTES, durable));
    }

    /**
     * Finds out who stands in the way of deleting the oldest file: of the groups with entries in it those with the most, as
     * few as make the rest small enough to be copied out of it. Empty if there are few files, or little to copy.
     *
     * @param found called once, on the log executor; never after a failure
     */
    public void findHolders(Consumer<List<Long>> found) {
        List<Long> holders = new ArrayList<>();
        submit(new Call(
                writer -> holders.addAll(writer.holders()), CALL_BYTES, () -> found.accept(List.copyOf(holders))));
    }

    /** The highest incarnation of the group that was dropped from this server, 0 if none was. */
    public long dropped(long groupId) {
        return tombstones.getOrDefault(groupId, 0L);
    }

    private void submit(Call call) {
        if (closed) {
            throw new IllegalStateException("the log is closed");
        }
        if (failure == null) {
            queuedBytes.addAndGet(call.bytes());
            queue.add(call);
            schedule();
        }
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            executor.execute(this::cycle);
        }
    }

    /** The monitor is free but while {@link #close} finishes what is queued on a thread of its own. */
    private void cycle() {
        synchronized (writer) {
            if (!closed) {
                writeQueued();
            }
        }
        scheduled.set(false);
        if (!queue.isEmpty() && !closed) {
            schedule();
        }
    }

    private void writeQueued() {
        for (Call call = queue.poll(); call != null; call = queue.poll()) {
            taken.add(call);
        }
        try {
            boolean onlyLook = roomIsAskedFor && taken.isEmpty();
            roomIsAskedFor = false;
            if (failure == null && onlyLook) {
                space.written(stats.bytesWritten());
            } else if (failure == null) {
                makeDurable();
                callBack();
                if (writer.collect()) {
                    stats = writer.stats();
                }
                if (queue.isEmpty()) {
                    writer.mark();
                }
            }
        } catch (IOException e) {
            fail(space.explained(e));
        } catch (RuntimeException | Error e) {
            // A broken invariant, of a caller or of ours. Going on would hang the node or harm it.
            fail(new IOException("the log cannot go on: " + e, e));
            throw e;
        } finally {
            taken.clear();
        }
    }

    private void makeDurable() throws IOException {
        for (Call call : taken) {
            call.work().writeTo(writer);
        }
        writer.moveOldEntries();
        if (writer.isDirty()) {
            writer.force();
        }
        stats = writer.stats();
        space.written(stats.bytesWritten());
    }

    private void callBack() {
        for (Call call : taken) {
            queuedBytes.addAndGet(-call.bytes());
            call.durable().run();
        }
    }

    private void fail(IOException e) {
        if (failure == null) {
            failure = e;
            options.onFailure().accept(e);
        }
    }

    /**
     * Entries {@code [from, to]} from disk, up to {@code maxBytes} but at least one. Those that are not durable yet may be
     * missing at the end.
     *
     * @throws CompactedException if {@code from} is no longer in the log
     * @throws LogException if what was durable is damaged
     */
    public List<Entry> read(long groupId, long from, long to, long maxBytes) throws IOException {
        GroupIndex group = groups.get(groupId);
        return group == null ? List.of() : LogReader.read(group, from, to, maxBytes);
    }

    /** Whether the disk has less room than {@link LogOptions#reserveBytes}, as seen last. */
    public boolean isDiskNearlyFull() {
        return space.isLow();
    }

    /** How many bytes can be written until {@link #isDiskNearlyFull}, as seen last. */
    public long roomBytes() {
        return space.room();
    }

    /** Looks again, soon and on the log executor, how much room there is: where nothing is written nobody does. */
    public void lookForRoom() {
        if (!closed && failure == null) {
            roomIsAskedFor = true;
            schedule();
        }
    }

    /** Bytes of all calls whose callback has not run; the measure for back-pressure. */
    public long queuedBytes() {
        return queuedBytes.get();
    }

    /** What it has done so far. */
    public LogStats stats() {
        return stats;
    }

    /** The error that ended it, or null. */
    public @Nullable IOException failure() {
        return failure;
    }

    /**
     * Finishes what is queued, running callbacks on the calling thread, and lets the files go. Calls that are made at the
     * same time may be dropped.
     */
    @Override
    public void close() throws IOException {
        synchronized (writer) {
            if (closed) {
                return;
            }
            try {
                writeQueued();
                if (failure == null) {
                    writer.mark();
                    writer.force();
                }
            } finally {
                closed = true;
                writer.close();
                lock.close();
            }
        }
    }
}
