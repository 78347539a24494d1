package io.raftkv.cli.bench;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What was counted in the measured time. Threads: confined to a loop until it is added up, but for {@link #done}. */
final class Tally {
    private final Histogram latencies = new Histogram(3);
    private final Map<String, Long> errors = new TreeMap<>();
    private volatile long done;

    /**
     * @param error the code of the error; null if there was none
     * @param nanos how long it took
     * @param counts whether it falls into the measured time
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // One writer.
    void answered(@Nullable String error, long nanos, boolean counts) {
        if (error == null) {
            done = done + 1;
        }
        if (!counts) {
            return;
        }
        if (error == null) {
            latencies.recordValue(Math.max(0, nanos));
        } else {
            errors.merge(error, 1L, Long::sum);
        }
    }

    /** Commands that succeeded so far, before and after the measured time too. Threads: any. */
    long done() {
        return done;
    }

    void add(Tally other) {
        latencies.add(other.latencies);
        other.errors.forEach((code, count) -> errors.merge(code, count, Long::sum));
    }

    long operations() {
        return latencies.getTotalCount();
    }

    Map<String, Long> errors() {
        return errors;
    }

    double percentileMs(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e6;
    }

    double maxMs() {
        return latencies.getMaxValue() / 1e6;
    }
}
