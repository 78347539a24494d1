package io.raftkv.cli.bench;

/**
 * The time that is measured, on the clock of {@link System#nanoTime}: what completes in [from, to) counts, and from {@code to}
 * on nothing new is sent.
 *
 * <p>Threads: any.
 */
final class Window {
    private final long from;
    private volatile long to;

    private Window(long from, long to) {
        this.from = from;
        this.to = to;
    }

    static Window after(int warmupSeconds, int seconds) {
        long from = System.nanoTime() + warmupSeconds * 1_000_000_000L;
        return new Window(from, from + seconds * 1_000_000_000L);
    }

    /** From now until {@link #end}, or for so long at most. */
    static Window atMost(int seconds) {
        return after(0, seconds);
    }

    long from() {
        return from;
    }

    long to() {
        return to;
    }

    /** Ends it now, if it is not over. */
    void end() {
        to = Math.min(to, System.nanoTime());
    }

    double seconds() {
        return (to - from) / 1e9;
    }

    boolean holds(long now) {
        return now >= from && now < to;
    }

    boolean over(long now) {
        return now >= to;
    }
}
