package io.raftkv.raft.sim;

import io.raftkv.raft.EventLoop;

/** No loop but the caller's thread: everything is done at once, and no time passes. Threads: one at a time. */
public final class NoLoop implements EventLoop {
    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public long nowNanos() {
        return 0;
    }

    @Override
    public long wallClockMs() {
        return 0;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        return () -> {};
    }
}
