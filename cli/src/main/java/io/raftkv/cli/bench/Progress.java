package io.raftkv.cli.bench;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the rate of each interval while a load runs.
 *
 * <p>Threads: any; it has one of its own.
 */
final class Progress implements AutoCloseable {
    private final int seconds;
    private final Consumer<String> lines;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("raftkv-bench-progress", true));
    private @Nullable Future<?> ticks;
    private Collection<Tally> watched = List.of();
    private long told;
    private long elapsed;

    /** @param seconds between two lines; 0 for none at all */
    Progress(int seconds, Consumer<String> lines) {
        this.seconds = seconds;
        this.lines = lines;
    }

    /** Tells of these, whose load begins, from now on. */
    synchronized void watch(Collection<Tally> tallies) {
        if (seconds < 1) {
            return;
        }
        if (ticks != null) {
            ticks.cancel(false);
        }
        watched = List.copyOf(tallies);
        told = 0;
        elapsed = 0;
        ticks = clock.scheduleAtFixedRate(this::tell, seconds, seconds, TimeUnit.SECONDS);
    }

    private synchronized void tell() {
        long done = watched.stream().mapToLong(Tally::done).sum();
        elapsed += seconds;
        lines.accept(String.format(Locale.ROOT, "%5d s: %,d ops/s", elapsed, (done - told) / seconds));
        told = done;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
