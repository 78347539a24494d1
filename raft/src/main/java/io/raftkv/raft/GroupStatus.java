package io.raftkv.raft;

import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One replica's view of its group.
 *
 * @param configurationIndex the index of the entry that holds it, 0 for the first one; committed if it is not above
 *     {@code commitIndex}
 * @param isRecovering whether the disk lost what the replica had promised: it takes no part in decisions before it holds
 *     again what the others committed
 * @param holdsLease whether this replica leads and confirms reads of {@link ReadMode#LEASE} without asking
 * @param matchIndex on a leader, how far the log of each member is known to agree; empty elsewhere
 * @param sending the snapshots that this leader sends, by who gets them
 * @param unappliedBytes how many bytes of committed entries wait to be applied: here, and on a leader at the other members
 *     that said so; without those at which that is nothing, or little beside {@code CoreOptions.maxUnappliedBytes}
 * @param snapshotProblem why the last snapshot of the own state could not be taken; null if it could, or there was none
 */
public record GroupStatus(
        long groupId,
        ReplicaId self,
        Role role,
        long term,
        @Nullable ReplicaId leader,
        long firstIndex,
        long lastIndex,
        long commitIndex,
        long lastApplied,
        long snapshotIndex,
        Configuration configuration,
        long configurationIndex,
        boolean isRecovering,
        boolean holdsLease,
        SortedMap<ReplicaId, Long> matchIndex,
        SortedMap<ReplicaId, SnapshotProgress> sending,
        SortedMap<ReplicaId, Long> unappliedBytes,
        @Nullable String snapshotProblem) {
    /** The roles of a replica (Raft §3.3, §4.2.1, §9.6). */
    public enum Role {
        /** Takes entries from a leader, and votes. */
        FOLLOWER,
        /** Asks whether it would be elected, in no term yet. */
        PRE_CANDIDATE,
        /** Asks for votes in a term of its own. */
        CANDIDATE,
        /** Takes proposals and reads. */
        LEADER,
        /** Takes entries and does not count. */
        LEARNER
    }
}
