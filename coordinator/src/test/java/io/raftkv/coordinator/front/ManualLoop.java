package io.raftkv.coordinator.front;

import io.raftkv.raft.EventLoop;

/** A loop of which the test owns the clock; tasks run at once, and nothing is scheduled. */
final class ManualLoop implements EventLoop {
    private long nowNanos = 1_000_000_000L;

    void advanceMs(long ms) {
        nowNanos += ms * 1_000_000L;
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public long wallClockMs() {
        return nowNanos / 1_000_000L;
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        throw new UnsupportedOperationException("the test calls what is due");
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }
}
