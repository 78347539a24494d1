package io.raftkv.kvserver.cluster;

import io.raftkv.raft.EventLoop;

/** The test's own thread, in which everything is done at once, and in which no time passes. */
final class Now implements EventLoop {
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
