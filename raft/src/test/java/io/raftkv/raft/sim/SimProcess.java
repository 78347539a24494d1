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
    /** How much of that is of the pause that is under way. */
    private long uncountedOfPause;

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

    /** Stands still for {@code nanos}, of which its clock counts only the first {@code countedNanos}. */
    void pause(long worldNanos, long nanos, long countedNanos) {
        resume(worldNanos);
        pausedUntil = worldNanos + nanos;
        uncountedOfPause = Math.max(0, nanos - countedNanos);
        uncountedNanos += uncountedOfPause;
    }

    /** Ends a pause, perhaps before its time: what did not pass is not missing, or the clock would have gone back. */
    void resume(long worldNanos) {
        uncountedNanos -= Math.min(uncountedOfPause, Math.max(0, pausedUntil - worldNanos));
        uncountedOfPause = 0;
        pausedUntil = 0;
    }

    /** The clock that only this process sees. */
    long monotonicNanos(long worldNanos) {
        return (long) ((worldNanos - uncountedNanos) * clockRate);
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
