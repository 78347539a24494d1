package io.raftkv.raft.sim;

/** One life of a server, from its start to its crash. What was planned for it and comes later is dropped. */
final class SimProcess {
    private final String name;
    /** How fast its monotonic clock runs: 1 is right. */
    private final double clockRate;

    private long wallOffsetMs;
    private long pausedUntil;
    /** Time in which the process stood still and its clock too. */
    private long uncountedNanos;

    private boolean alive = true;

    SimProcess(String name, double clockRate, long wallOffsetMs) {
        this.name = name;
        this.clockRate = clockRate;
        this.wallOffsetMs = wallOffsetMs;
    }

    boolean alive() {
        return alive;
    }

    void kill() {
        alive = false;
    }

    long pausedUntil() {
        return pausedUntil;
    }

    boolean isPaused(long worldNanos) {
        return pausedUntil > worldNanos;
    }

    void pauseUntil(long nanos) {
        pausedUntil = nanos;
    }

    /** The clock that only this process sees. */
    long monotonicNanos(long worldNanos) {
        return (long) ((worldNanos - uncountedNanos) * clockRate);
    }

    void doesNotCount(long nanos) {
        uncountedNanos += nanos;
    }

    double clockRate() {
        return clockRate;
    }

    long wallOffsetMs() {
        return wallOffsetMs;
    }

    void jumpWallClock(long ms) {
        wallOffsetMs += ms;
    }

    @Override
    public String toString() {
        return name;
    }
}
