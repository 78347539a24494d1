package io.raftkv.raft.sim;

import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What happened in some runs. */
public final class Report {
    private final List<Totals> runs;

    Report(List<Totals> runs) {
        this.runs = List.copyOf(runs);
    }

    public int runs() {
        return runs.size();
    }

    public double simulatedSeconds() {
        return sum(run -> run.simulatedNanos) / 1e9;
    }

    /** Requests that were sent, whatever came of them. */
    public long operations() {
        return sum(run -> run.operations);
    }

    public long unknownOutcomes() {
        return sum(run -> run.unknownOutcomes);
    }

    public long faults() {
        return sum(run -> run.faults);
    }

    public long crashes() {
        return sum(run -> run.crashes);
    }

    public long leaderChanges() {
        return sum(run -> run.leaderChanges);
    }

    public long snapshotsTaken() {
        return sum(run -> run.snapshotsTaken);
    }

    public long snapshotInstalls() {
        return sum(run -> run.snapshotInstalls);
    }

    long sum(ToLongFunction<Totals> field) {
        return runs.stream().mapToLong(field).sum();
    }

    long runsWith(ToLongFunction<Totals> field) {
        return runs.stream().filter(run -> field.applyAsLong(run) > 0).count();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d runs, %.0f simulated s, %d events, %d operations (%d reads, %d of unknown outcome), %d faults, %d crashes,"
                        + " %d leader changes, %d snapshots taken, %d installed",
                runs.size(),
                simulatedSeconds(),
                sum(run -> run.events),
                operations(),
                sum(run -> run.reads),
                unknownOutcomes(),
                faults(),
                crashes(),
                leaderChanges(),
                snapshotsTaken(),
                snapshotInstalls());
    }
}
