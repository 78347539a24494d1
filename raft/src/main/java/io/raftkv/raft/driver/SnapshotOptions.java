package io.raftkv.raft.driver;

/**
 * How much of a node its snapshots may take.
 *
 * @param maxTaken states that are frozen and written at the same time, over all groups; others wait for their turn. 1: a
 *     frozen state costs memory with every write that comes meanwhile, and two writers only share one disk
 * @param maxOutgoing snapshots that are sent at the same time. 2: one slow receiver does not hold up all others
 * @param maxIncoming snapshots that are received at the same time. 1: the first one is complete soonest
 * @param bytesPerSecond of snapshots that leave the node, and of entries that learners lack, all together; what a group writes
 *     meanwhile comes on top. 32 MiB/s: a quarter of a 1 Gbit/s link
 * @param windowChunks chunks under way to one receiver. 4: the link is busy while an answer travels, and what a lost
 *     chunk costs stays small
 */
public record SnapshotOptions(int maxTaken, int maxOutgoing, int maxIncoming, long bytesPerSecond, int windowChunks) {
    /** Slow enough to leave disk and network to the entries. */
    public static final SnapshotOptions DEFAULT = new SnapshotOptions(1, 2, 1, 32 << 20, 4);

    /** Checks the ranges. */
    public SnapshotOptions {
        if (maxTaken < 1 || maxOutgoing < 1 || maxIncoming < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("limits must be at least 1: maxTaken " + maxTaken + ", maxOutgoing "
                    + maxOutgoing + ", maxIncoming " + maxIncoming + ", bytesPerSecond " + bytesPerSecond);
        }
        if (windowChunks < 1 || windowChunks > 64) {
            throw new IllegalArgumentException("windowChunks is " + windowChunks + ", it must be in [1, 64]");
        }
    }

    /** Settings that differ from these in a few. */
    public Builder with() {
        return new Builder(this);
    }

    /** Changes some settings and leaves the others. Threads: one at a time. */
    public static final class Builder {
        private int maxTaken;
        private int maxOutgoing;
        private int maxIncoming;
        private long bytesPerSecond;
        private int windowChunks;

        private Builder(SnapshotOptions from) {
            maxTaken = from.maxTaken;
            maxOutgoing = from.maxOutgoing;
            maxIncoming = from.maxIncoming;
            bytesPerSecond = from.bytesPerSecond;
            windowChunks = from.windowChunks;
        }

        /** See {@link SnapshotOptions#maxTaken()}. */
        public Builder maxTaken(int value) {
            maxTaken = value;
            return this;
        }

        /** See {@link SnapshotOptions#maxOutgoing()}. */
        public Builder maxOutgoing(int value) {
            maxOutgoing = value;
            return this;
        }

        /** See {@link SnapshotOptions#maxIncoming()}. */
        public Builder maxIncoming(int value) {
            maxIncoming = value;
            return this;
        }

        /** See {@link SnapshotOptions#bytesPerSecond()}. */
        public Builder bytesPerSecond(long value) {
            bytesPerSecond = value;
            return this;
        }

        /** See {@link SnapshotOptions#windowChunks()}. */
        public Builder windowChunks(int value) {
            windowChunks = value;
            return this;
        }

        /** @throws IllegalArgumentException if a setting is out of its range */
        public SnapshotOptions build() {
            return new SnapshotOptions(maxTaken, maxOutgoing, maxIncoming, bytesPerSecond, windowChunks);
        }
    }
}
