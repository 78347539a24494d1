package io.raftkv.cli.bench;

import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes each key once, and again what failed for a reason that passes, such as a change of leaders. It gives up at any
 * other error, and when nothing was written for {@value #PATIENCE_SECONDS} s.
 *
 * <p>Threads: any.
 */
final class Filling implements Operations {
    static final int PATIENCE_SECONDS = 30;

    private static final Set<String> PASSING = Set.of(
            "MOVED", "CLUSTERDOWN", "BUSY", "TRYAGAIN", "LOADING", "UNKNOWN", Lane.CONNECTION_LOST, Lane.NOT_CONNECTED);

    private final int keys;
    private final IntFunction<byte[][]> write;
    private final AtomicInteger next = new AtomicInteger();
    private final Queue<byte[][]> again = new ConcurrentLinkedQueue<>();
    private volatile long lastWritten = System.nanoTime();
    private volatile @Nullable String failure;

    Filling(int keys, IntFunction<byte[][]> write) {
        this.keys = keys;
        this.write = write;
    }

    @Override
    public byte @Nullable [] @Nullable [] next(SplittableRandom random) {
        if (failure != null) {
            return null;
        }
        byte[][] failed = again.poll();
        if (failed != null) {
            return failed;
        }
        int i = next.getAndIncrement();
        return i < keys ? write.apply(i) : null;
    }

    @Override
    public void answered(byte[][] command, @Nullable String error, long now) {
        if (error == null) {
            lastWritten = now;
        } else if (PASSING.contains(error) && now - lastWritten < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
            again.add(command);
        } else {
            failure = error;
        }
    }

    /** Throws unless all keys were written. */
    void check() {
        if (failure != null) {
            throw new IllegalStateException("the keys could not be written: " + failure);
        }
    }
}
