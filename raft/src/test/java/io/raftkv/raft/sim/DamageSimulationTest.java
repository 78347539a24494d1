package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Runs in which bits rot all the time (faults L11, L12). Properties: {@code sim.seeds} divided by 4 (default 50) runs of
 * each kind, or {@code sim.seed} to run a single one and print it.
 */
class DamageSimulationTest {
    private static final int SEEDS = Math.max(4, Integer.getInteger("sim.seeds", 200) / 4);
    private static final Long SEED = Long.getLong("sim.seed");

    /** All damage is found, nothing acknowledged is lost, and in the end every replica is whole again. */
    @Test
    void damageToAMinorityIsRepairedFromTheOthers() {
        Totals[] runs = run(BitRot.Extent.MINORITY);

        assertThat(sum(runs, run -> run.rots)).as("rotten disks").isGreaterThan(5L * runs.length);
        assertThat(sum(runs, run -> run.damagedReplicas)).as("damage found").isGreaterThan(2L * runs.length);
        assertThat(sum(runs, run -> run.recoveries)).as("recoveries").isGreaterThan(2L * runs.length);
        System.out.printf(
                "damage: %d older copies, %d found, %d rotten disks, %d recoveries in %d runs%n",
                sum(runs, run -> run.oldCopies),
                sum(runs, run -> run.oldCopiesFound),
                sum(runs, run -> run.rots),
                sum(runs, run -> run.recoveries),
                runs.length);
        assertThat(sum(runs, run -> run.oldCopies)).as("older copies").isGreaterThan(runs.length);
        assertThat(sum(runs, run -> run.oldCopiesFound))
                .as("older copies that were noticed")
                .isGreaterThan(runs.length / 2);
    }

    /** A group may be left without a leader for ever, but nothing wrong is answered. */
    @Test
    void damageToAMajorityLetsNobodyLeadWhoLacksSomething() {
        Totals[] runs = run(BitRot.Extent.ANY);

        assertThat(sum(runs, run -> run.damagedReplicas)).as("damage found").isGreaterThan(2L * runs.length);
    }

    private static Totals[] run(BitRot.Extent rot) {
        Logs.silence();
        LongStream seeds = SEED == null ? LongStream.rangeClosed(1, SEEDS) : LongStream.of(SEED);
        return seeds.mapToObj(seed -> runOne(seed, rot)).toArray(Totals[]::new);
    }

    private static Totals runOne(long seed, BitRot.Extent rot) {
        PrintStream trace = SEED == null ? null : System.out;
        try {
            return new Simulation<>(new KvWorkload(), new SimWorld(seed, trace), world -> Swarm.of(world, rot)).run();
        } catch (Throwable found) {
            throw new SimFailure(
                    "seed " + seed + " with rot " + rot + ": " + found.getMessage() + "\nrun it again: ./mvnw -pl raft"
                            + " test -Dtest=DamageSimulationTest -Dsim.seed=" + seed,
                    found);
        }
    }

    private static long sum(Totals[] runs, ToLongFunction<Totals> field) {
        return Arrays.stream(runs).mapToLong(field).sum();
    }
}
