package io.raftkv.cli.bench;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What was counted in the measured time. Threads: confined to a loop until it is added up. */
final class Tally {
    private final Histogram latencies = new Histogram(3);
    private final Map<String, Long> errors = new TreeMap<>();

    void success(long nanos) {
        latencies.recordValue(Math.max(0, nanos));
    }

    void error(String code) {
        errors.merge(code, 1L, Long::sum);
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
