package io.raftkv.raft.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.core.Entry;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the moment at which the power fails, what was acknowledged is found, and what is found was written. */
class LogCrashTest {
    private static final int STEPS = 25;

    private static LogOptions options(int segmentBytes, int preallocateBytes) {
        return new LogOptions(segmentBytes, 4 << 10, preallocateBytes, 2, e -> {});
    }

    /** Runs the steps until the power fails; true if it did not. */
    private static boolean runSteps(LogFixture fixture, LogWorkload workload, int steps) throws IOException {
        for (int i = 0; i < steps && fixture.failures.isEmpty(); i++) {
            workload.step();
        }
        if (fixture.failures.isEmpty()) {
            fixture.log.close();
            return true;
        }
        return false;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2048})
    void powerFailsAtEveryOperation(int preallocateBytes) throws IOException {
        long torn = 0;
        boolean ended = false;
        for (int operation = 1; !ended; operation++) {
            for (int variant = 0; variant < 2; variant++) {
                SimDisk disk = new SimDisk(operation * 10L + variant);
                LogFixture fixture = new LogFixture(disk, options(2048, preallocateBytes));
                LogWorkload workload = new LogWorkload(fixture, 42, 3, 3000);
                disk.stopAt(operation);
                try {
                    fixture.open();
                    ended = runSteps(fixture, workload, STEPS);
                } catch (SimDisk.PowerLost e) {
                    assertThat(fixture.log == null || !fixture.failures.isEmpty() || disk.operations() >= operation)
                            .isTrue();
                }
                disk.crash();
                torn += disk.counters().tornWrites();
                fixture.failures.clear();
                Map<Long, RecoveredGroup> found =
                        new TreeMap<>(fixture.open().log.recovered());
                assertThat(workload.possible())
                        .as("operation %d, variant %d", operation, variant)
                        .contains(found);
                assertReadable(fixture, found);
            }
        }
        assertThat(torn).isPositive();
    }

    private static void assertReadable(LogFixture fixture, Map<Long, RecoveredGroup> expected) throws IOException {
        for (RecoveredGroup group : expected.values()) {
            long first = group.logStart().index() + 1;
            assertThat(fixture.log.read(group.groupId(), first, Long.MAX_VALUE, Long.MAX_VALUE))
                    .isEqualTo(group.entries());
        }
    }

    @Test
    void randomRunsWithCrashesInAnyPlaceAgreeWithTheModel() throws IOException {
        for (int seed = 1; seed <= 60; seed++) {
            Random random = new Random(seed);
            SimDisk disk = new SimDisk(seed);
            int preallocate = random.nextInt(3) * 700;
            LogFixture fixture = new LogFixture(disk, options(1024 << random.nextInt(3), preallocate));
            LogWorkload workload = new LogWorkload(fixture, seed, 2 + random.nextInt(4), 3000);
            for (int life = 0; life < 12; life++) {
                live(disk, fixture, workload, random, "seed " + seed + ", life " + life);
            }
        }
    }

    private static void live(SimDisk disk, LogFixture fixture, LogWorkload workload, Random random, String where)
            throws IOException {
        fixture.failures.clear();
        disk.stopAt(random.nextInt(4) == 0 ? Long.MAX_VALUE : disk.operations() + 1 + random.nextInt(200));
        try {
            fixture.open();
            Map<Long, RecoveredGroup> found = new TreeMap<>(fixture.log.recovered());
            assertThat(workload.possible()).as(where).contains(found);
            workload.restart(found);
            assertReadable(fixture, found);
            int steps = random.nextInt(60);
            for (int i = 0; i < steps && fixture.failures.isEmpty(); i++) {
                workload.step();
                if (fixture.failures.isEmpty()) {
                    assertReadable(fixture, workload.model().image());
                }
            }
            if (random.nextInt(3) == 0) {
                fixture.log.close();
            }
        } catch (SimDisk.PowerLost e) {
            // In open() or close(); what was acknowledged before still counts.
            assertThat(disk.operations()).isPositive();
        }
        if (random.nextInt(4) == 0) {
            disk.kill();
        } else {
            disk.crash();
        }
    }

    @Test
    void whatADeadProcessLeftInTheCacheCountsOnlyOnceItIsDurable() throws IOException {
        SimDisk disk = new SimDisk(3);
        LogFixture fixture = new LogFixture(disk, options(4096, 0)).open();
        fixture.write(LogFixture.append(1, LogFixture.entries(1, 3, 1)));
        fixture.log.append(java.util.List.of(LogFixture.append(1, LogFixture.entries(4, 5, 1))), () -> {});
        disk.stopAt(disk.operations() + 2);
        fixture.run();
        disk.kill();
        fixture.failures.clear();
        long found = fixture.open().log.recovered().get(1L).entries().size();
        assertThat(found).isEqualTo(5);
        disk.crash(SimDisk.Survival.NOTHING);
        assertThat(fixture.open().log.recovered().get(1L).entries()).hasSize(5);
    }

    @Test
    void discardedRecordsBehindARecoveredEndNeverComeBack() throws IOException {
        for (int seed = 0; seed < 150; seed++) {
            SimDisk disk = new SimDisk(seed);
            LogFixture fixture = new LogFixture(disk, options(1 << 20, 0)).open();
            fixture.write(LogFixture.append(1, LogFixture.entries(1, 3, 1)));
            String large = "x".repeat(1500);
            Entry first = LogFixture.entry(4, 1, large);
            Entry second = LogFixture.entry(5, 1, large);
            fixture.log.append(java.util.List.of(LogFixture.append(1, java.util.List.of(first))), () -> {});
            fixture.log.append(java.util.List.of(LogFixture.append(1, java.util.List.of(second))), () -> {});
            disk.failNext(SimDisk.Operation.FORCE, 1);
            fixture.run();
            disk.crash();
            fixture.failures.clear();
            int size = fixture.open().log.recovered().get(1L).entries().size();
            fixture.write(LogFixture.append(1, LogFixture.entries(size + 1, size + 1, 2)));
            disk.crash();
            assertThat(fixture.open().log.recovered().get(1L).entries()).hasSize(size + 1);
        }
    }
}
