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
 * @param maxHeldBytes commands of all groups that were taken and not answered; above, proposals are refused as Busy. A
 *     quarter of the heap, as the limits of each group do not bound many groups
 * @param maxCachedBytes entries that all groups keep in memory together though they are on disk, for followers that are a
 *     little behind; spread evenly over the loops. An eighth of the heap
 * @param maxPeerQueueBytes bytes that wait for one other server; above, its replicas get no new entries, but all else, so
 *     that a slow link holds up to some frames of entries and votes and heartbeats soon get through
 * @param snapshotThresholdBytes a snapshot is taken when the entries since the last one are larger than this and than
 *     that snapshot
 * @param snapshotChunkBytes how much of a snapshot travels in one message
 * @param applyBudgetBytes entries a group applies before the other groups of its loop get their turn
 * @param lifeStretchMs a copy of the data folder that is older than this is recognised when it is started in place of the
 *     folder (docs/recovery.md); costs a small write on this server and its peers if anything was written meanwhile
 */
public record RaftOptions(
        CoreOptions core,
        int maxBatchBytes,
        int maxBatchCommands,
        int maxCommandBytes,
        long maxPendingBytes,
        long maxLogQueueBytes,
        long maxHeldBytes,
        long maxCachedBytes,
        long maxPeerQueueBytes,
        long snapshotThresholdBytes,
        int snapshotChunkBytes,
        int applyBudgetBytes,
        int lifeStretchMs) {
    /** For a server of many groups with small commands. */
    public static final RaftOptions DEFAULT = new RaftOptions(
            CoreOptions.DEFAULT,
            64 << 10,
            1024,
            9 << 20,
            32 << 20,
            64 << 20,
            Math.max(16 << 20, Runtime.getRuntime().maxMemory() / 4),
            Math.max(8 << 20, Runtime.getRuntime().maxMemory() / 8),
            16 << 20,
            8 << 20,
            256 << 10,
            1 << 20,
            60_000);

    /** Checks the ranges. */
    public RaftOptions {
        if (maxBatchBytes < 1
                || maxBatchCommands < 1
                || maxCommandBytes < 1
                || maxPendingBytes < maxCommandBytes
                || maxLogQueueBytes < maxCommandBytes
                || maxHeldBytes < maxCommandBytes
                || maxCachedBytes < 0
                || maxPeerQueueBytes < 1
                || snapshotThresholdBytes < 1
                || snapshotChunkBytes < 1
                || applyBudgetBytes < 1
                || lifeStretchMs < 1) {
            throw new IllegalArgumentException(
                    "limits must be at least 1, maxCachedBytes at least 0, and maxPendingBytes and maxLogQueueBytes at"
                            + " least maxCommandBytes: " + this);
        }
    }

    /** Settings that differ from these in a few. */
    public Builder with() {
        return new Builder(this);
    }

    /** Changes some settings and leaves the others. Threads: one at a time. */
    public static final class Builder {
        private CoreOptions core;
        private int maxBatchBytes;
        private int maxBatchCommands;
        private int maxCommandBytes;
        private long maxPendingBytes;
        private long maxLogQueueBytes;
        private long maxHeldBytes;
        private long maxCachedBytes;
        private long maxPeerQueueBytes;
        private long snapshotThresholdBytes;
        private int snapshotChunkBytes;
        private int applyBudgetBytes;
        private int lifeStretchMs;

        private Builder(RaftOptions from) {
            core = from.core;
            maxBatchBytes = from.maxBatchBytes;
            maxBatchCommands = from.maxBatchCommands;
            maxCommandBytes = from.maxCommandBytes;
            maxPendingBytes = from.maxPendingBytes;
            maxLogQueueBytes = from.maxLogQueueBytes;
            maxHeldBytes = from.maxHeldBytes;
            maxCachedBytes = from.maxCachedBytes;
            maxPeerQueueBytes = from.maxPeerQueueBytes;
            snapshotThresholdBytes = from.snapshotThresholdBytes;
            snapshotChunkBytes = from.snapshotChunkBytes;
            applyBudgetBytes = from.applyBudgetBytes;
            lifeStretchMs = from.lifeStretchMs;
        }

        /** See {@link RaftOptions#core()}. */
        public Builder core(CoreOptions value) {
            core = value;
            return this;
        }

        /** See {@link RaftOptions#maxBatchBytes()}. */
        public Builder maxBatchBytes(int value) {
            maxBatchBytes = value;
            return this;
        }

        /** See {@link RaftOptions#maxBatchCommands()}. */
        public Builder maxBatchCommands(int value) {
            maxBatchCommands = value;
            return this;
        }

        /** See {@link RaftOptions#maxCommandBytes()}. */
        public Builder maxCommandBytes(int value) {
            maxCommandBytes = value;
            return this;
        }

        /** See {@link RaftOptions#maxPendingBytes()}. */
        public Builder maxPendingBytes(long value) {
            maxPendingBytes = value;
            return this;
        }

        /** See {@link RaftOptions#maxLogQueueBytes()}. */
        public Builder maxLogQueueBytes(long value) {
            maxLogQueueBytes = value;
            return this;
        }

        /** See {@link RaftOptions#maxHeldBytes()}. */
        public Builder maxHeldBytes(long value) {
            maxHeldBytes = value;
            return this;
        }

        /** See {@link RaftOptions#maxCachedBytes()}. */
        public Builder maxCachedBytes(long value) {
            maxCachedBytes = value;
            return this;
        }

        /** See {@link RaftOptions#maxPeerQueueBytes()}. */
        public Builder maxPeerQueueBytes(long value) {
            maxPeerQueueBytes = value;
            return this;
        }

        /** See {@link RaftOptions#snapshotThresholdBytes()}. */
        public Builder snapshotThresholdBytes(long value) {
            snapshotThresholdBytes = value;
            return this;
        }

        /** See {@link RaftOptions#snapshotChunkBytes()}. */
        public Builder snapshotChunkBytes(int value) {
            snapshotChunkBytes = value;
            return this;
        }

        /** See {@link RaftOptions#applyBudgetBytes()}. */
        public Builder applyBudgetBytes(int value) {
            applyBudgetBytes = value;
            return this;
        }

        /** See {@link RaftOptions#lifeStretchMs()}. */
        public Builder lifeStretchMs(int value) {
            lifeStretchMs = value;
            return this;
        }

        /** @throws IllegalArgumentException if the settings do not fit together */
        public RaftOptions build() {
            return new RaftOptions(
                    core,
                    maxBatchBytes,
                    maxBatchCommands,
                    maxCommandBytes,
                    maxPendingBytes,
                    maxLogQueueBytes,
                    maxHeldBytes,
                    maxCachedBytes,
                    maxPeerQueueBytes,
                    snapshotThresholdBytes,
                    snapshotChunkBytes,
                    applyBudgetBytes,
                    lifeStretchMs);
        }
    }
}
