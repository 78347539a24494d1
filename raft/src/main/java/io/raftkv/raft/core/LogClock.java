package io.raftkv.raft.core;

import java.util.concurrent.TimeUnit;

/**
 * Log time: what the entries of a leader say about the time. It never goes back, and follows the wall clock of the leader,
 * but since the leader took office no faster than its monotonic clock, but for an allowance.
 *
 * <p>So a wall clock that jumps forward, or that of a new leader which is ahead, moves log time by the allowance and no
 * further: whatever expires by log time (sessions, keys) does not expire all at once. And time in which nobody led does not
 * count, apart from the allowance, in which an election normally ends. The price: after a long time without a leader log time
 * is behind the clocks on the wall, and stays so; what needs the date must put it into its commands. A clock that jumps back
 * makes log time stand still until it has caught up.
 *
 * <p>Threads: the group's loop.
 */
final class LogClock {
    private final long allowanceMs;
    private long officeNanos;
    private long officeTimeMs;

    LogClock(long allowanceMs) {
        this.allowanceMs = allowanceMs;
    }

    /** A term of office begins, with the time {@code lastTimeMs} in the last entry. */
    void takeOffice(long nowNanos, long lastTimeMs) {
        officeNanos = nowNanos;
        officeTimeMs = lastTimeMs;
    }

    /** The time of the next entry, {@code lastTimeMs} being that of the entry before it. */
    long stamp(long nowNanos, long lastTimeMs, long wallClockMs) {
        if (lastTimeMs == 0) {
            // Log time must begin somewhere, and nothing can expire yet.
            takeOffice(nowNanos, Math.max(0, wallClockMs));
            return officeTimeMs;
        }
        long stoodMs = TimeUnit.NANOSECONDS.toMillis(nowNanos - officeNanos);
        return Math.max(lastTimeMs, Math.min(wallClockMs, officeTimeMs + stoodMs + allowanceMs));
    }
}
