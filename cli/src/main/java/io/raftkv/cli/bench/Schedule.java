package io.raftkv.cli.bench;

/** When a lane sends: as soon as it can, or at the times of a rate. Threads: confined to its lane. */
final class Schedule {
    private final long intervalNanos;
    private long due;

    private Schedule(long intervalNanos, long due) {
        this.intervalNanos = intervalNanos;
        this.due = due;
    }

    /** As soon as it can. */
    static Schedule free() {
        return new Schedule(0, 0);
    }

    /**
     * The share of one lane in the planned rate; the lanes take turns.
     *
     * @param lane its number, from 0
     * @param start as {@link System#nanoTime}
     */
    static Schedule of(Plan plan, int lane, long start) {
        if (plan.rate() == 0) {
            return free();
        }
        double batchNanos = 1e9 * plan.pipeline() / plan.rate();
        return new Schedule((long) (batchNanos * plan.lanes()), start + (long) (batchNanos * lane));
    }

    /** The time of the next batch; it lies before {@code now} if the lane is late, and is {@code now} without a rate. */
    long next(long now) {
        if (intervalNanos == 0) {
            return now;
        }
        long time = due;
        due += intervalNanos;
        return time;
    }
}
