package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.LoggerFactory;

/**
 * Runs many seeds. Properties: {@code sim.seeds} (how many, default 200), {@code sim.first} (the first one, default 1),
 * {@code sim.threads}, and {@code sim.seed} to run a single one and print all that happens in it.
 */
class SimulationTest {
    private static final String SEED = "sim.seed";
    private static final int SEEDS = Integer.getInteger("sim.seeds", 200);
    private static final long FIRST = Long.getLong("sim.first", 1);
    private static final int THREADS =
            Integer.getInteger("sim.threads", Math.min(2, Runtime.getRuntime().availableProcessors()));
    /** The share of runs in which each of the totals must occur; fewer would mean that the faults do not bite. */
    private static final double BUSY_SHARE = 0.3;

    private static Level levelBefore;

    /** Nodes that die by the hundred have a lot to say. */
    @BeforeAll
    static void silence() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.raftkv");
        levelBefore = logger.getLevel();
        logger.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        ((Logger) LoggerFactory.getLogger("io.raftkv")).setLevel(levelBefore);
    }

    @Test
    @DisabledIfSystemProperty(named = SEED, matches = ".+")
    void noSeedFindsAnythingWrong() throws Exception {
        List<Totals> runs = runAll();
        double seconds = sum(runs, run -> run.simulatedNanos) / 1e9;
        System.out.printf(
                "simulation: %d runs, %.0f simulated s, %d events, %d operations (%d reads), %d faults%n",
                runs.size(),
                seconds,
                sum(runs, run -> run.events),
                sum(runs, run -> run.operations),
                sum(runs, run -> run.reads),
                sum(runs, run -> run.faults));
        busy(runs, "leader changes", run -> run.leaderChanges - 1);
        busy(runs, "truncations", run -> run.truncations);
        busy(runs, "snapshot installs", run -> run.snapshotInstalls);
        busy(runs, "crashes", run -> run.crashes);
        busy(runs, "crashes with lost writes", run -> run.crashesWithLoss);
        busy(runs, "unknown outcomes", run -> run.unknownOutcomes);
        busy(runs, "configurations", run -> run.configurations);
        busy(runs, "joint configurations", run -> run.jointConfigurations);
        busy(runs, "finished changes of members", run -> run.changesDone);
        busy(runs, "replicas told that they were removed", run -> run.removals);
        assertThat(sum(runs, run -> run.pauses))
                .as("pauses that a replica noticed")
                .isPositive();
        assertThat(sum(runs, run -> run.operations) / seconds)
                .as("operations per second")
                .isGreaterThan(20);
        assertThat(seconds / sum(runs, run -> run.faults))
                .as("seconds per fault")
                .isLessThan(5);
    }

    @Test
    void sameSeedIsTheSameRun() {
        for (long seed = FIRST; seed < FIRST + 3; seed++) {
            Simulation first = new Simulation(seed, null);
            first.run();
            Simulation second = new Simulation(seed, null);
            second.run();
            assertThat(second.traceHash()).isEqualTo(first.traceHash());
        }
    }

    @Test
    @EnabledIfSystemProperty(named = SEED, matches = ".+")
    void replay() {
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, StandardCharsets.UTF_8);
        Simulation simulation = new Simulation(Long.getLong(SEED), out);
        try {
            simulation.run();
        } finally {
            out.printf("trace hash %016x%n", simulation.traceHash());
            out.flush();
        }
    }

    private static List<Totals> runAll() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Totals>> futures = new ArrayList<>();
            for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
                long mine = seed;
                futures.add(threads.submit(() -> runOne(mine)));
            }
            List<Totals> runs = new ArrayList<>();
            for (Future<Totals> future : futures) {
                runs.add(future.get());
            }
            return runs;
        } finally {
            threads.shutdownNow();
        }
    }

    private static Totals runOne(long seed) {
        try {
            return new Simulation(seed, null).run();
        } catch (Throwable found) {
            throw new SimFailure(
                    "the run " + seed + " failed: " + found.getMessage() + "\nrun it again: ./mvnw -pl raft test"
                            + " -Dtest=SimulationTest -D" + SEED + "=" + seed,
                    found);
        }
    }

    private static long sum(List<Totals> runs, ToLongFunction<Totals> field) {
        return runs.stream().mapToLong(field).sum();
    }

    private static void busy(List<Totals> runs, String what, ToLongFunction<Totals> field) {
        long with = runs.stream().filter(run -> field.applyAsLong(run) > 0).count();
        System.out.printf("simulation: %d %s, in %d of %d runs%n", sum(runs, field), what, with, runs.size());
        assertThat((double) with / runs.size()).as("share of runs with " + what).isGreaterThanOrEqualTo(BUSY_SHARE);
    }
}
