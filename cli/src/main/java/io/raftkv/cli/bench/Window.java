package io.raftkv.cli.bench;

/**
 * The time that is measured, on the clock of {@link System#nanoTime}: what completes in [from, to) counts.
 *
 * @param to from then on nothing new is sent
 */
record Window(long from, long to) {
    static final Window ALWAYS = new Window(Long.MIN_VALUE / 2, Long.MAX_VALUE / 2);

    static Window after(int warmupSeconds, int seconds) {
        long from = System.nanoTime() + warmupSeconds * 1_000_000_000L;
        return new Window(from, from + seconds * 1_000_000_000L);
    }

    boolean holds(long now) {
        return now >= from && now < to;
    }

    boolean over(long now) {
        return now >= to;
    }
}
