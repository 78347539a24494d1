package io.raftkv.raft.log;

import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Executor;

/** The log of all groups of a server. */
public final class SharedLog implements Closeable {
    private SharedLog() {}

    public static SharedLog open(
            Disk disk, String directory, LogOptions options, String clusterId, long serverId, Executor logExecutor)
            throws IOException {
        return notYet();
    }

    public SortedMap<Long, RecoveredGroup> recovered() {
        return notYet();
    }

    public void append(List<GroupWrite> writes, Runnable durable) {
        notYet();
    }

    public List<Entry> read(long groupId, long from, long to, long maxBytes) throws IOException {
        return notYet();
    }

    public void dropGroup(long groupId, Runnable durable) {
        notYet();
    }

    public long queuedBytes() {
        return notYet();
    }

    public LogStats stats() {
        return notYet();
    }

    @Override
    public void close() throws IOException {
        notYet();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T notYet() {
        throw new UnsupportedOperationException();
    }
}
