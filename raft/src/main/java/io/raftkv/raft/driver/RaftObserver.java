package io.raftkv.raft.driver;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect.HandsOver.Motive;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.List;

/**
 * Is told what the replicas of a node do, as they do it: for logs and the checks of the simulator; metrics have {@link io.raftkv.raft.RaftMetrics}. Nothing that
 * an observer does may change what happens.
 *
 * <p>Threads: the loop of the group, except {@link #recovering} and {@link #recovered} (the thread that opens the
 * group) and {@link #dropped} (any).
 */
public interface RaftObserver {
    /** An observer that does nothing. */
    RaftObserver NONE = new RaftObserver() {};

    /** The replica leads from now on; its log ended at {@code lastIndex} when it won. */
    default void becameLeader(long groupId, ReplicaId self, long term, long lastIndex) {}

    /** The replica leads no more; {@code term} is its term now. */
    default void steppedDown(long groupId, ReplicaId self, long term) {}

    /** The replica leads and begins to hand over. */
    default void handsOver(long groupId, ReplicaId self, ReplicaId to, Motive motive) {}

    /** The replica gave its vote of {@code term}, perhaps to itself. The vote need not be durable yet. */
    default void voted(long groupId, ReplicaId self, long term, ReplicaId candidate) {}

    /** An entry was added to the log in memory; it need not be durable yet. */
    default void appended(long groupId, ReplicaId self, Entry entry) {}

    /** All entries from {@code fromIndex} on were cut from the log in memory. */
    default void truncated(long groupId, ReplicaId self, long fromIndex) {}

    /** All entries up to and including {@code commitIndex} are known to be committed. */
    default void committed(long groupId, ReplicaId self, long commitIndex) {}

    /** The state machine applied all of {@code entry}; each entry once, in order. */
    default void applied(long groupId, ReplicaId self, Entry entry) {}

    /** A snapshot of the own state is durable. */
    default void snapshotTaken(long groupId, ReplicaId self, SnapshotMeta meta) {}

    /** A snapshot of the own state at {@code meta} failed and is tried again later; the log is kept. */
    default void snapshotFailed(long groupId, ReplicaId self, SnapshotMeta meta, Exception why) {}

    /** A snapshot of a leader is received from byte {@code offset} of its file on: not 0 if it is gone on with. */
    default void snapshotReceiving(long groupId, ReplicaId self, SnapshotMeta meta, long offset) {}

    /** A snapshot of the leader took the place of the state and of the log up to {@code meta.index()}. */
    default void snapshotInstalled(long groupId, ReplicaId self, SnapshotMeta meta) {}

    /** {@code configuration}, of the entry at {@code index}, is in force here from now on; it need not be committed. */
    default void configurationChanged(long groupId, ReplicaId self, long index, Configuration configuration) {}

    /**
     * A member said that the committed configuration at {@code index} does not name this replica. It campaigns no more; its
     * data may be deleted. Told again after a restart.
     */
    default void removed(long groupId, ReplicaId self, long index) {}

    /**
     * The replica lost what it had promised, see {@link io.raftkv.raft.core.RaftCore.Recovered#isIncomplete}; told before
     * {@link #recovered}. Neither votes nor acknowledgements of before count.
     */
    default void recovering(long groupId, ReplicaId self) {}

    /** It votes and counts again. */
    default void recoveryEnded(long groupId, ReplicaId self) {}

    /** What the disk held when the group was opened: {@code entries} follow {@code start}. */
    default void recovered(long groupId, ReplicaId self, HardState state, LogPosition start, List<Entry> entries) {}

    /** The loop of the replica served its timer so much too late: the process, or its loop, stood still. */
    default void paused(long groupId, ReplicaId self, long lateNanos) {}

    /** The replica sleeps from now on: its group is idle. */
    default void slept(long groupId, ReplicaId self) {}

    /** It does so no more. */
    default void woke(long groupId, ReplicaId self) {}

    /** Malformed or foreign input was refused. */
    default void dropped(String why) {}
}
