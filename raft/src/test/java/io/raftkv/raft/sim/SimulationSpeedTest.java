package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/**
 * What a simulated second costs: 3 servers, 20 operations per second, all faults and checks. {@code -Dsim.bench=N} measures
 * over N runs.
 */
class SimulationSpeedTest {
    private static final int RUNS = Integer.getInteger("sim.bench", 5);
    /** More would mean that someone idles loudly, in the simulator or in the library. */
    private static final long MAX_EVENTS_PER_SECOND = 700;

    @Test
    void secondIsFewEvents() {
        Logs.silence();
        // Half of them only warm up the compiler.
        Totals all = new Totals();
        long cpuNanos = 0;
        for (int seed = 1; seed <= RUNS; seed++) {
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            Totals run = new Simulation<>(new KvWorkload(), new SimWorld(seed, null), SimulationSpeedTest::swarm).run();
            if (seed > RUNS / 2) {
                cpuNanos += ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
                all.events += run.events;
                all.operations += run.operations;
                all.simulatedNanos += run.simulatedNanos;
            }
        }
        double seconds = all.simulatedNanos / 1e9;
        System.out.printf(
                "simulation: %.0f simulated s per s and core; %.0f events and %.1f operations per simulated s%n",
                (double) all.simulatedNanos / cpuNanos, all.events / seconds, all.operations / seconds);
        assertThat(all.events / seconds).as("events per simulated second").isLessThan(MAX_EVENTS_PER_SECOND);
    }

    private static Swarm swarm(SimWorld world) {
        // Members change, and rotten disks of small groups are beyond repair.
        EnumSet<Nemesis.Fault> faults = EnumSet.complementOf(EnumSet.of(Nemesis.Fault.BIT_ROT, Nemesis.Fault.OLD_COPY));
        return new Swarm(
                3,
                3,
                false,
                1,
                1,
                6,
                220,
                false,
                0,
                faults,
                1,
                1,
                true,
                1,
                true,
                3000,
                500,
                0,
                2000,
                2000,
                8,
                16 << 20,
                32 << 10,
                1000,
                4 << 10,
                4000,
                4,
                1 << 20,
                1 << 20,
                0.1,
                1000,
                60,
                BitRot.Extent.SOMETIMES,
                true,
                // Whose clients read all the time.
                false);
    }
}
