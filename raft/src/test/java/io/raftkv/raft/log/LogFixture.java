package io.raftkv.raft.log;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/** A log whose cycles run when the test says so. */
final class LogFixture {
    static final String CLUSTER = "4c4f3a52-0000-4000-8000-000000000001";
    static final long SERVER = 7;

    final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    final Executor executor = tasks::add;
    final List<IOException> failures = new ArrayList<>();
    final LogOptions options;
    final Disk disk;
    SharedLog log;

    LogFixture(Disk disk, LogOptions options) {
        this.disk = disk;
        this.options = new LogOptions(
                options.segmentBytes(),
                options.stagingBytes(),
                options.preallocateBytes(),
                options.keepSegments(),
                failures::add);
    }

    static LogOptions small(int segmentBytes) {
        return LogOptions.small(segmentBytes, e -> {});
    }

    LogFixture open() throws IOException {
        tasks.clear();
        log = SharedLog.open(disk, "log", options, CLUSTER, SERVER, executor);
        return this;
    }

    void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Appends and waits; whether it was made durable. */
    boolean write(GroupWrite... writes) {
        boolean[] durable = new boolean[1];
        log.append(List.of(writes), () -> durable[0] = true);
        run();
        return durable[0];
    }

    static Entry entry(long index, long term, String text) {
        return Entry.of(index, term, Entry.encodeBody(Entry.Type.COMMANDS, 5, Bytes.utf8(text)));
    }

    static List<Entry> entries(long from, long to, long term) {
        List<Entry> entries = new ArrayList<>();
        for (long index = from; index <= to; index++) {
            entries.add(entry(index, term, "entry " + index + " of term " + term));
        }
        return entries;
    }

    static GroupWrite state(long group, long term, long votedFor) {
        return new GroupWrite(
                group, new HardState(term, votedFor == 0 ? null : new ReplicaId(votedFor, 1)), null, List.of());
    }

    static GroupWrite append(long group, List<Entry> entries) {
        return new GroupWrite(group, null, null, entries);
    }

    static GroupWrite start(long group, long index, long term) {
        return new GroupWrite(group, null, new LogPosition(index, term), List.of());
    }
}
