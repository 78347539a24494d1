package io.raftkv.raft.driver;

/**
 * What a learner may be sent without asking the throttle: as much as its group writes meanwhile. So it does not fall further
 * behind, however low the throttle is, and the throttle alone says how fast it catches up.
 *
 * <p>Threads: the group's loop.
 */
final class LearnerCredit {
    /** What is left when something else held the learner up. */
    private static final long MAX_BYTES = 4 << 20;

    private long bytes;
    private long writtenBytes;

    /** @param writtenBytes by the group so far */
    LearnerCredit(long writtenBytes) {
        this.writtenBytes = writtenBytes;
    }

    /** How many of {@code wanted} bytes, which are sent now, the throttle has to allow. */
    int beyond(int wanted, long writtenSoFar) {
        // Less than before if this replica did not lead meanwhile, and its log was cut.
        bytes = Math.min(MAX_BYTES, bytes + Math.max(0, writtenSoFar - writtenBytes));
        writtenBytes = writtenSoFar;
        int free = (int) Math.min(bytes, wanted);
        bytes -= free;
        return wanted - free;
    }
}
