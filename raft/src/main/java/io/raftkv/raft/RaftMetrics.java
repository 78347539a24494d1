package io.raftkv.raft;

/**
 * Is told what a node does, as numbers, for the metrics of the program that embeds it. All methods do nothing by default.
 *
 * <p>What it throws is logged once and changes nothing. Gauges are not told but asked for: {@link RaftGroup#status}, and the
 * bytes that wait for the disk at {@code RaftNode.log().queuedBytes()}.
 *
 * <p>Threads: the loops of the groups, the thread that writes the log and the one that writes snapshots, at the same time;
 * an implementation must be quick and safe for that: add to a counter, no more.
 */
public interface RaftMetrics {
    /** Counts nothing. */
    RaftMetrics NONE = new RaftMetrics() {};

    /** This server leads the group from now on. */
    default void leadershipWon(long groupId, long term) {}

    /** This server leads the group no more; it is in {@code term} now. */
    default void leadershipLost(long groupId, long term) {}

    /**
     * An entry that this server appended as the leader was committed and applied here, so long after it was appended: what
     * the disks and the network take, without the wait for a turn of the loop. One entry of each group is watched at a time,
     * so under load this is a sample.
     */
    default void entryApplied(long groupId, long nanos) {}

    /**
     * The state machine applies slower than the group commits: {@code bytes} of committed entries wait for it, more than {@code
     * CoreOptions.maxUnappliedBytes}. Told once, and again only after it had caught up.
     */
    default void applyFellBehind(long groupId, long bytes) {}

    /** A proposal or a read was refused as {@link RaftException.Busy}: more is asked than disk or majority can take. */
    default void refused(long groupId) {}

    /**
     * The log was synced: {@code bytes} were written since the sync before, by all groups together, and the sync itself took
     * {@code nanos}.
     */
    default void logSynced(long bytes, long nanos) {}

    /** A snapshot of the own state is durable: {@code bytes} long, written within {@code nanos}. */
    default void snapshotTaken(long groupId, long bytes, long nanos) {}

    /** A snapshot of the own state failed; the log is kept and another one is tried later. */
    default void snapshotFailed(long groupId) {}

    /** The leader's snapshot took the place of the own state: this replica was far behind. */
    default void snapshotInstalled(long groupId) {}

    /** Input of a peer was refused, as it was malformed or meant for somebody else. */
    default void dropped(String why) {}
}
