package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.core.Effect.HandsOver.Motive;
import io.raftkv.raft.sim.MoveFaults.Harm;
import io.raftkv.raft.sim.MoveFaults.Phase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Runs many seeds of the small key-value store; see {@link Simulator} for the system properties. */
class SimulationTest {
    private static final Simulator SIMULATOR = Simulator.of(KvWorkload::new, SimulationTest.class);
    private static final int SEEDS = 500;
    /** The share of runs in which each of the totals must occur; fewer would mean that the faults do not bite. */
    private static final double BUSY_SHARE = 0.2;
    /** Bits rot in a quarter of the runs only, and one fault of many does not strike in each. */
    private static final double RARE_SHARE = 0.05;
    /** How often each harm must strike in each phase of a move in all seeds together: by chance it is 12 times or more. */
    private static final int LEAST_STRIKES = 5;

    @Test
    void noSeedFindsAnythingWrong() throws Exception {
        Report report = SIMULATOR.run(SEEDS);
        System.out.println("simulation: " + report);
        if (report.runs() < 20) {
            // Too few to count.
            return;
        }
        busy(report, "leader changes", run -> run.leaderChanges - 1);
        busy(report, "truncations", run -> run.truncations);
        busy(report, "snapshot installs", run -> run.snapshotInstalls);
        busy(report, "snapshot transfers", run -> run.transfers);
        long resumed = report.sum(run -> run.resumedTransfers);
        System.out.println("simulation: " + resumed + " transfers went on with what a life before had received");
        if (report.runs() >= 100) {
            assertThat(resumed).as("resumed transfers").isPositive();
        }
        busy(report, "crashes", run -> run.crashes);
        busy(report, "crashes with lost writes", run -> run.crashesWithLoss);
        busy(report, "unknown outcomes", run -> run.unknownOutcomes);
        busy(report, "configurations", run -> run.configurations);
        busy(report, "joint configurations", run -> run.jointConfigurations);
        busy(report, "finished changes of members", run -> run.changesDone);
        busy(report, "replicas told that they were removed", run -> run.removals);
        busy(report, "removed replicas dropped and followed by another", run -> run.replicasDropped);
        busy(report, "goals of groups", run -> run.goals);
        busy(report, "moves begun", run -> run.movesBegun);
        busy(report, "moves aborted", run -> run.movesAborted, RARE_SHARE);
        busy(report, "moves done", run -> run.movesDone);
        for (Phase phase : Phase.values()) {
            for (Harm harm : Harm.values()) {
                struck(report, phase, harm);
            }
        }
        busy(report, "damaged replicas", run -> run.damagedReplicas, RARE_SHARE);
        busy(report, "recoveries from damage", run -> run.recoveries, RARE_SHARE);
        busy(report, "older copies of disks brought back", run -> run.oldCopies, RARE_SHARE);
        busy(report, "older copies noticed", run -> run.oldCopiesFound, RARE_SHARE);
        for (FaultDisk.Failure kind : FaultDisk.Failure.values()) {
            busy(report, "I/O errors of kind " + kind, run -> run.diskErrors[kind.ordinal()], RARE_SHARE);
        }
        busy(report, "starts refused for an I/O error", run -> run.startsRefused, RARE_SHARE);
        busy(report, "servers stopped by an I/O error", run -> run.stopsByDisk, RARE_SHARE);
        busy(report, "full disks", run -> run.fullDisks, RARE_SHARE);
        busy(report, "proposals refused for want of room", run -> run.refusedForRoom, RARE_SHARE);
        busy(report, "reads by replicas that do not lead", run -> run.followerReads);
        busy(report, "forwarded proposals", run -> run.forwards);
        busy(report, "reads by a lease", run -> run.leaseReads);
        busy(
                report,
                "hand-overs to preferred leaders",
                run -> run.handOvers.getOrDefault(Motive.PREFERRED, 0L),
                RARE_SHARE);
        for (Motive motive : Motive.values()) {
            long handOvers = report.sum(run -> run.handOvers.getOrDefault(motive, 0L));
            System.out.println("simulation: " + handOvers + " hand-overs because " + motive);
            if (report.runs() >= 100) {
                assertThat(handOvers).as("hand-overs because " + motive).isPositive();
            }
        }
        busy(report, "stalled disks", run -> run.diskStalls, RARE_SHARE);
        busy(report, "groups handed over before a shutdown", run -> run.groupsHandedOver, RARE_SHARE);
        System.out.printf(
                "simulation: %d replicas fell asleep, %d woke up%n",
                report.sum(run -> run.sleeps), report.sum(run -> run.wakes));
        assertThat(report.sum(run -> run.wakes)).as("replicas that woke up").isPositive();
        assertThat(report.sum(run -> run.pauses))
                .as("pauses that a replica noticed")
                .isPositive();
        assertThat(report.operations() / report.simulatedSeconds())
                .as("operations per second")
                .isGreaterThan(20);
        if (report.runs() >= 100) {
            assertThat(report.simulatedSeconds() / report.faults())
                    .as("seconds per fault")
                    .isLessThan(5);
        }
    }

    private static void struck(Report report, Phase phase, Harm harm) {
        long strikes = report.sum(run -> run.strikes[phase.ordinal()][harm.ordinal()]);
        System.out.printf("simulation: %d times %s in phase %s%n", strikes, harm, phase);
        if (report.runs() >= SEEDS) {
            assertThat(strikes).as(harm + " in phase " + phase).isGreaterThanOrEqualTo(LEAST_STRIKES);
        }
    }

    /** Each of them found a bug once. */
    @Test
    @DisabledIfSystemProperty(named = "sim.seed", matches = ".+")
    void seedsThatFoundBugsFindNoMore() throws Exception {
        List<Long> seeds = new ArrayList<>();
        for (String line : resource("/sim/seeds.txt").split("\n")) {
            if (!line.isBlank() && !line.startsWith("#")) {
                seeds.add(Long.parseLong(line.split(" ")[0]));
            }
        }
        assertThat(seeds).isNotEmpty();
        assertThat(SIMULATOR.run(seeds).runs()).isEqualTo(seeds.size());
    }

    @Test
    @DisabledIfSystemProperty(named = "sim.seed", matches = ".+")
    void sameSeedIsTheSameRun() {
        for (long seed = 1; seed <= 3; seed++) {
            assertThat(SIMULATOR.traceHash(seed)).isEqualTo(SIMULATOR.traceHash(seed));
        }
    }

    /** Where the order of a HashSet or an identity hash code shows, it shows between two processes. */
    @Test
    @DisabledIfSystemProperty(named = "sim.seed", matches = ".+")
    void sameSeedIsTheSameRunInAnotherProcess() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SimulationTest.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String hashes = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(hashes.strip()).endsWith(hashes());
    }

    public static void main(String[] args) {
        System.out.println(hashes());
    }

    private static String hashes() {
        return SIMULATOR.traceHash(4) + " " + SIMULATOR.traceHash(5);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = SimulationTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void busy(Report report, String what, ToLongFunction<Totals> field) {
        busy(report, what, field, BUSY_SHARE);
    }

    private static void busy(Report report, String what, ToLongFunction<Totals> field, double share) {
        long with = report.runsWith(field);
        System.out.printf("simulation: %d %s, in %d of %d runs%n", report.sum(field), what, with, report.runs());
        // A few runs tell no share.
        assertThat(report.runs() < 100 ? 1 : (double) with / report.runs())
                .as("share of runs with " + what)
                .isGreaterThanOrEqualTo(share);
    }
}
