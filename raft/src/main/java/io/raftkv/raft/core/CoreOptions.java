package io.raftkv.raft.core;

/**
 * Times and limits of a core.
 *
 * @param heartbeatMs a leader speaks to each follower at least this often; all groups of a process on the same beat
 * @param electionMinMs a follower that heard from a leader less long ago refuses votes; a leader that heard from no
 *     quorum for {@code electionMaxMs} steps down
 * @param electionMaxMs a follower waits a random time in [min, max] before it campaigns
 * @param sleepAfterMs a group of which nothing was asked for so long sleeps, see {@link Hibernation}; 0: none ever does.
 *     Long beside an election time-out, as it costs a round of messages to wake
 * @param diskStallMs a leader whose own disk has not finished a write for so long hands over, if a majority can do without
 *     it, see {@link Succession}; 0: never. Long beside what a disk takes that is merely slow, as nobody waits for it alone
 * @param diskDeadMs if that came to nothing for so long, it steps down so that the others elect; at least diskStallMs
 * @param maxJoining new replicas of a change of members that are filled at a time, see {@link MembershipChange}
 * @param maxAppendBytes of entries in one message, except for one larger entry, which travels alone
 * @param maxInflightMessages appends to one follower that wait for an answer
 * @param maxInflightBytes likewise, in bytes
 * @param maxUncommittedBytes on a leader; above, proposals are refused
 * @param maxUnappliedBytes of committed entries that wait to be applied, which are all in memory; above, a leader refuses
 *     proposals, and a follower that tells it gets no more entries than are under way
 * @param cacheBytes of applied entries kept in memory for followers that are a little behind
 * @param tailBytes of entries kept in the log before a snapshot, for followers that are further behind
 * @param lagBytes likewise on a leader, for followers that are heard and need them, most of all those that are sent a
 *     snapshot. 64 MiB: what a busy group writes in the seconds that a snapshot of some 100 MiB takes
 */
public record CoreOptions(
        int heartbeatMs,
        int electionMinMs,
        int electionMaxMs,
        int sleepAfterMs,
        int diskStallMs,
        int diskDeadMs,
        int maxJoining,
        int maxAppendBytes,
        int maxInflightMessages,
        long maxInflightBytes,
        long maxUncommittedBytes,
        long maxUnappliedBytes,
        long cacheBytes,
        long tailBytes,
        long lagBytes) {
    /** For a local network. The reasons are in ARCHITECTURE.md. */
    public static final CoreOptions DEFAULT = new CoreOptions(
            100, 600, 1200, 6000, 2000, 10_000, 1, 256 << 10, 256, 4 << 20, 16 << 20, 16 << 20, 4 << 20, 2 << 20,
            64 << 20);

    /** Checks that they fit together. */
    public CoreOptions {
        if (heartbeatMs < 1 || electionMinMs < 2 * heartbeatMs || electionMaxMs <= electionMinMs) {
            throw new IllegalArgumentException("heartbeat " + heartbeatMs + " ms, election [" + electionMinMs + ", "
                    + electionMaxMs + "] ms: need 1 <= heartbeat, 2 * heartbeat <= min < max");
        }
        if (sleepAfterMs < 0) {
            throw new IllegalArgumentException("sleepAfterMs must be at least 0: " + sleepAfterMs);
        }
        if (diskStallMs < 0 || diskDeadMs < diskStallMs) {
            throw new IllegalArgumentException(
                    "disk stall " + diskStallMs + " ms, dead " + diskDeadMs + " ms: need 0 <= stall <= dead");
        }
        if (maxJoining < 1
                || maxAppendBytes < 1
                || maxInflightMessages < 1
                || maxInflightBytes < 1
                || maxUncommittedBytes < 1
                || maxUnappliedBytes < 1) {
            throw new IllegalArgumentException("limits must be at least 1");
        }
        if (cacheBytes < 0 || tailBytes < 0 || lagBytes < 0) {
            throw new IllegalArgumentException("cacheBytes, tailBytes and lagBytes must be at least 0");
        }
    }

    /** Settings that differ from these in a few. */
    public Builder with() {
        return new Builder(this);
    }

    /** Changes some settings and leaves the others. Threads: one at a time. */
    public static final class Builder {
        private int heartbeatMs;
        private int electionMinMs;
        private int electionMaxMs;
        private int sleepAfterMs;
        private int diskStallMs;
        private int diskDeadMs;
        private int maxJoining;
        private int maxAppendBytes;
        private int maxInflightMessages;
        private long maxInflightBytes;
        private long maxUncommittedBytes;
        private long maxUnappliedBytes;
        private long cacheBytes;
        private long tailBytes;
        private long lagBytes;

        private Builder(CoreOptions from) {
            heartbeatMs = from.heartbeatMs;
            electionMinMs = from.electionMinMs;
            electionMaxMs = from.electionMaxMs;
            sleepAfterMs = from.sleepAfterMs;
            diskStallMs = from.diskStallMs;
            diskDeadMs = from.diskDeadMs;
            maxJoining = from.maxJoining;
            maxAppendBytes = from.maxAppendBytes;
            maxInflightMessages = from.maxInflightMessages;
            maxInflightBytes = from.maxInflightBytes;
            maxUncommittedBytes = from.maxUncommittedBytes;
            maxUnappliedBytes = from.maxUnappliedBytes;
            cacheBytes = from.cacheBytes;
            tailBytes = from.tailBytes;
            lagBytes = from.lagBytes;
        }

        /** See {@link CoreOptions#heartbeatMs()}. */
        public Builder heartbeatMs(int value) {
            heartbeatMs = value;
            return this;
        }

        /** See {@link CoreOptions#electionMinMs()}. */
        public Builder electionMinMs(int value) {
            electionMinMs = value;
            return this;
        }

        /** See {@link CoreOptions#electionMaxMs()}. */
        public Builder electionMaxMs(int value) {
            electionMaxMs = value;
            return this;
        }

        /** See {@link CoreOptions#sleepAfterMs()}. */
        public Builder sleepAfterMs(int value) {
            sleepAfterMs = value;
            return this;
        }

        /** See {@link CoreOptions#diskStallMs()}. */
        public Builder diskStallMs(int value) {
            diskStallMs = value;
            return this;
        }

        /** See {@link CoreOptions#diskDeadMs()}. */
        public Builder diskDeadMs(int value) {
            diskDeadMs = value;
            return this;
        }

        /** See {@link CoreOptions#maxJoining()}. */
        public Builder maxJoining(int value) {
            maxJoining = value;
            return this;
        }

        /** See {@link CoreOptions#maxAppendBytes()}. */
        public Builder maxAppendBytes(int value) {
            maxAppendBytes = value;
            return this;
        }

        /** See {@link CoreOptions#maxInflightMessages()}. */
        public Builder maxInflightMessages(int value) {
            maxInflightMessages = value;
            return this;
        }

        /** See {@link CoreOptions#maxInflightBytes()}. */
        public Builder maxInflightBytes(long value) {
            maxInflightBytes = value;
            return this;
        }

        /** See {@link CoreOptions#maxUncommittedBytes()}. */
        public Builder maxUncommittedBytes(long value) {
            maxUncommittedBytes = value;
            return this;
        }

        /** See {@link CoreOptions#maxUnappliedBytes()}. */
        public Builder maxUnappliedBytes(long value) {
            maxUnappliedBytes = value;
            return this;
        }

        /** See {@link CoreOptions#cacheBytes()}. */
        public Builder cacheBytes(long value) {
            cacheBytes = value;
            return this;
        }

        /** See {@link CoreOptions#tailBytes()}. */
        public Builder tailBytes(long value) {
            tailBytes = value;
            return this;
        }

        /** See {@link CoreOptions#lagBytes()}. */
        public Builder lagBytes(long value) {
            lagBytes = value;
            return this;
        }

        /** @throws IllegalArgumentException if the settings do not fit together */
        public CoreOptions build() {
            return new CoreOptions(
                    heartbeatMs,
                    electionMinMs,
                    electionMaxMs,
                    sleepAfterMs,
                    diskStallMs,
                    diskDeadMs,
                    maxJoining,
                    maxAppendBytes,
                    maxInflightMessages,
                    maxInflightBytes,
                    maxUncommittedBytes,
                    maxUnappliedBytes,
                    cacheBytes,
                    tailBytes,
                    lagBytes);
        }
    }
}
