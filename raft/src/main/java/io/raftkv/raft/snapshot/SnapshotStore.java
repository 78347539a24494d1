package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** The snapshot files of all groups of a server. */
public final class SnapshotStore {
    public SnapshotStore(Disk disk, String directory) {}

    /** Writes the state of a state machine. */
    public interface StateWriter {
        void writeTo(OutputStream out) throws IOException;
    }

    public Optional<StoredSnapshot> newest(long groupId) throws IOException {
        return notYet();
    }

    /** The groups of which there is a snapshot, sorted. Used by RaftNode. */
    public java.util.SortedSet<Long> groups() throws IOException {
        return notYet();
    }

    public StoredSnapshot write(long groupId, SnapshotMeta meta, StateWriter writer) throws IOException {
        return notYet();
    }

    public void retainOnly(long groupId, long index) throws IOException {
        notYet();
    }

    public void dropGroup(long groupId) throws IOException {
        notYet();
    }

    public IncomingSnapshot receive(long groupId, SnapshotMeta meta, long totalBytes) throws IOException {
        return notYet();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T notYet() {
        throw new UnsupportedOperationException();
    }
}
