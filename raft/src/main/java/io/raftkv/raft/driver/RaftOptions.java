package io.raftkv.raft.driver;

import io.raftkv.raft.core.CoreOptions;

/**
 * Settings of a {@link RaftNode}; each default is the safe one.
 *
 * @param core times and limits of each group
 * @param maxBatchBytes commands of one turn travel in entries of at most so many bytes; a larger command travels alone
 * @param maxBatchCommands likewise in commands
 * @param maxCommandBytes the largest command that is taken
 * @param maxPendingBytes commands of one group that wait to be appended; above, proposals are refused as Busy
 * @param maxLogQueueBytes bytes that wait for the disk; above, proposals are refused as Busy
 * @param snapshotThresholdBytes a snapshot is taken when the entries since the last one are larger than this and than
 *     half of that snapshot
 * @param snapshotChunkBytes how much of a snapshot travels in one message
 * @param applyBudgetBytes entries a group applies before the other groups of its loop get their turn
 */
public record RaftOptions(
        CoreOptions core,
        int maxBatchBytes,
        int maxBatchCommands,
        int maxCommandBytes,
        long maxPendingBytes,
        long maxLogQueueBytes,
        long snapshotThresholdBytes,
        int snapshotChunkBytes,
        int applyBudgetBytes) {
    public static final RaftOptions DEFAULT = new RaftOptions(
            CoreOptions.DEFAULT, 64 << 10, 1024, 9 << 20, 32 << 20, 64 << 20, 8 << 20, 256 << 10, 1 << 20);

    public RaftOptions {
        if (maxBatchBytes < 1
                || maxBatchCommands < 1
                || maxCommandBytes < 1
                || maxPendingBytes < maxCommandBytes
                || maxLogQueueBytes < maxCommandBytes
                || snapshotThresholdBytes < 1
                || snapshotChunkBytes < 1
                || applyBudgetBytes < 1) {
            throw new IllegalArgumentException("limits must be at least 1, and maxPendingBytes and maxLogQueueBytes at"
                    + " least maxCommandBytes: " + this);
        }
    }
}
