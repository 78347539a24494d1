package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Runs many seeds of the small key-value store; see {@link Simulator} for the system properties. */
class SimulationTest {
    private static final Simulator SIMULATOR = Simulator.of(KvWorkload::new, SimulationTest.class);
    private static final int SEEDS = 200;
    /** The share of runs in which each of the totals must occur; fewer would mean that the faults do not bite. */
    private static final double BUSY_SHARE = 0.3;
    /** Bits rot in a quarter of the runs only. */
    private static final double ROT_SHARE = 0.05;

    @Test
    void noSeedFindsAnythingWrong() throws Exception {
        Report report = SIMULATOR.run(SEEDS);
        System.out.println("simulation: " + report);
        if (report.runs() < 20) {
            // Too few for shares.
            return;
        }
        busy(report, "leader changes", run -> run.leaderChanges - 1);
        busy(report, "truncations", run -> run.truncations);
        busy(report, "snapshot installs", run -> run.snapshotInstalls);
        busy(report, "crashes", run -> run.crashes);
        busy(report, "crashes with lost writes", run -> run.crashesWithLoss);
        busy(report, "unknown outcomes", run -> run.unknownOutcomes);
        busy(report, "configurations", run -> run.configurations);
        busy(report, "joint configurations", run -> run.jointConfigurations);
        busy(report, "finished changes of members", run -> run.changesDone);
        busy(report, "replicas told that they were removed", run -> run.removals);
        busy(report, "removed replicas dropped and followed by another", run -> run.replicasDropped);
        busy(report, "damaged replicas", run -> run.damagedReplicas, ROT_SHARE);
        busy(report, "recoveries from damage", run -> run.recoveries, ROT_SHARE);
        assertThat(report.sum(run -> run.pauses))
                .as("pauses that a replica noticed")
                .isPositive();
        assertThat(report.operations() / report.simulatedSeconds())
                .as("operations per second")
                .isGreaterThan(20);
        assertThat(report.simulatedSeconds() / report.faults())
                .as("seconds per fault")
                .isLessThan(5);
    }

    @Test
    @DisabledIfSystemProperty(named = "sim.seed", matches = ".+")
    void sameSeedIsTheSameRun() {
        for (long seed = 1; seed <= 3; seed++) {
            assertThat(SIMULATOR.traceHash(seed)).isEqualTo(SIMULATOR.traceHash(seed));
        }
    }

    private static void busy(Report report, String what, ToLongFunction<Totals> field) {
        busy(report, what, field, BUSY_SHARE);
    }

    private static void busy(Report report, String what, ToLongFunction<Totals> field, double share) {
        long with = report.runsWith(field);
        System.out.printf("simulation: %d %s, in %d of %d runs%n", report.sum(field), what, with, report.runs());
        assertThat((double) with / report.runs())
                .as("share of runs with " + what)
                .isGreaterThanOrEqualTo(share);
    }
}
