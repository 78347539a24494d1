package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * Spreads bytes over time, for all loops of a node together. What was not used for longer than a moment is lost: after a
 * quiet hour nobody may send an hour's bytes at once.
 *
 * <p>Threads: any. The monitor is held for some arithmetic.
 */
final class Throttle {
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final long bytesPerSecond;
    private boolean begun;
    private long freeAtNanos;

    Throttle(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Runs {@code task} on {@code loop}, of the caller, when {@code bytes} may go: now if there is room. */
    void run(int bytes, EventLoop loop, Runnable task) {
        long delay = delayNanos(bytes, loop.nowNanos());
        if (delay == 0) {
            task.run();
        } else {
            loop.schedule(delay, task);
        }
    }

    /** Sets room for {@code bytes} aside; they may go when so much time has passed, 0 for at once. */
    synchronized long delayNanos(int bytes, long nowNanos) {
        long earliest = nowNanos - BURST_NANOS;
        if (!begun || freeAtNanos - earliest < 0) {
            freeAtNanos = earliest;
            begun = true;
        }
        long delay = Math.max(0, freeAtNanos - nowNanos);
        freeAtNanos += (long) (bytes * 1e9 / bytesPerSecond);
        return delay;
    }
}
