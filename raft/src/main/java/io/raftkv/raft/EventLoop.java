package io.raftkv.raft;

import java.util.concurrent.Executor;

/**
 * One thread that runs tasks in the order in which they come. A group lives on one loop for its whole life.
 *
 * <p>Threads: any. The simulator runs all loops of all nodes on one thread and on virtual time.
 */
public interface EventLoop extends Executor {
    /** Whether the caller runs on this loop. */
    boolean inLoop();

    /** Monotonic time in nanoseconds; only differences mean anything. */
    long nowNanos();

    /** Wall-clock time in milliseconds since 1970; used for log time and never to decide anything in Raft. */
    long wallClockMs();

    /** Runs {@code task} on this loop after {@code delayNanos}. */
    Scheduled schedule(long delayNanos, Runnable task);

    /** A task that waits for its time. */
    interface Scheduled {
        /** Keeps the task from running if it has not begun. Threads: the loop. */
        void cancel();
    }
}
