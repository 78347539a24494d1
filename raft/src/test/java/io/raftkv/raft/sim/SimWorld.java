package io.raftkv.raft.sim;

import java.io.PrintStream;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Virtual time and chance: a queue of events ordered by time and, at equal times, by the order in which they were
 * planned. Every choice of a run comes from {@link #random}, so a seed names a run; {@link #hash} sums up all that
 * happened in it, to tell two runs apart.
 *
 * <p>Threads: one; a world shares nothing with another.
 */
final class SimWorld {
    /** The virtual clock does not start at 0, so that nobody takes 0 for "never" by luck. */
    private static final long START_NANOS = TimeUnit.HOURS.toNanos(1);

    final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final PrintStream trace;
    private long nowNanos = START_NANOS;
    private long sequence;
    private long executed;
    private long hash;
    private SimThread current;
    private SimFailure failure;

    /** @param trace where to tell what happens, or null */
    SimWorld(long seed, PrintStream trace) {
        this.random = new SplittableRandom(seed);
        this.trace = trace;
        this.hash = seed;
    }

    static long millis(double ms) {
        return (long) (ms * 1e6);
    }

    static long seconds(double s) {
        return (long) (s * 1e9);
    }

    long nowNanos() {
        return nowNanos;
    }

    /** Virtual nanoseconds since the run began. */
    long elapsedNanos() {
        return nowNanos - START_NANOS;
    }

    /** The simulated thread whose task runs now, or null. */
    SimThread current() {
        return current;
    }

    void enter(SimThread thread) {
        current = thread;
    }

    /** Runs {@code task} after {@code delayNanos}, whatever becomes of any process. */
    void after(long delayNanos, Runnable task) {
        at(nowNanos + delayNanos, null, task);
    }

    /** Runs {@code task} at {@code timeNanos}, later if {@code process} is paused then, never if it is dead by then. */
    void at(long timeNanos, SimProcess process, Runnable task) {
        events.add(new Event(Math.max(timeNanos, nowNanos), sequence++, process, task));
    }

    /** Lets {@code durationNanos} go by. */
    void run(long durationNanos) {
        long end = nowNanos + durationNanos;
        while (!events.isEmpty() && events.peek().time <= end) {
            step();
        }
        nowNanos = end;
    }

    private void step() {
        Event event = events.poll();
        nowNanos = event.time;
        SimProcess process = event.process;
        if (process != null && !process.alive()) {
            return;
        }
        if (process != null && process.pausedUntil() > nowNanos) {
            // The sequence stays, so what waited keeps its order.
            event.time = process.pausedUntil();
            events.add(event);
            return;
        }
        executed++;
        mix(nowNanos);
        event.task.run();
        if (failure != null) {
            throw failure;
        }
    }

    /** Ends the run after this event even if what is returned, to be thrown, is swallowed on its way. */
    SimFailure failure(String what) {
        SimFailure found = new SimFailure(what);
        if (failure == null) {
            failure = found;
        }
        return found;
    }

    void mix(long value) {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 29;
    }

    long hash() {
        return hash;
    }

    long executed() {
        return executed;
    }

    void trace(Supplier<String> what) {
        if (trace != null) {
            trace.printf("%10.3f ms  %s%n", elapsedNanos() / 1e6, what.get());
        }
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    long between(long low, long high) {
        return low >= high ? low : random.nextLong(low, high);
    }

    /** An exponentially distributed time, at most ten times its mean. */
    long exponential(double meanNanos) {
        return (long) Math.min(meanNanos * 10, -meanNanos * Math.log(1 - random.nextDouble()));
    }

    private static final class Event implements Comparable<Event> {
        private long time;
        private final long sequence;
        private final SimProcess process;
        private final Runnable task;

        Event(long time, long sequence, SimProcess process, Runnable task) {
            this.time = time;
            this.sequence = sequence;
            this.process = process;
            this.task = task;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(time, other.time);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }
}
