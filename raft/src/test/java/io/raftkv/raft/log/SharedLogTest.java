package io.raftkv.raft.log;

import static io.raftkv.raft.log.LogFixture.append;
import static io.raftkv.raft.log.LogFixture.entries;
import static io.raftkv.raft.log.LogFixture.entry;
import static io.raftkv.raft.log.LogFixture.small;
import static io.raftkv.raft.log.LogFixture.start;
import static io.raftkv.raft.log.LogFixture.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedLogTest {
    private final SimDisk disk = new SimDisk(1);
    private final LogFixture fixture = new LogFixture(disk, small(4096));

    private RecoveredGroup reopened(long group) throws IOException {
        disk.crash(SimDisk.Survival.NOTHING);
        return fixture.open().log.recovered().get(group);
    }

    @Test
    void findsAgainWhatWasDurable() throws IOException {
        fixture.open();
        assertThat(fixture.log.recovered()).isEmpty();
        fixture.write(
                new GroupWrite(3, new HardState(2, new ReplicaId(9, 4)), new LogPosition(10, 1), entries(11, 14, 2)));
        fixture.write(append(3, entries(15, 15, 2)));
        assertThat(reopened(3))
                .isEqualTo(new RecoveredGroup(
                        3, 0, null, new HardState(2, new ReplicaId(9, 4)), new LogPosition(10, 1), entries(11, 15, 2)));
        assertThat(fixture.log.read(3, 11, 15, Long.MAX_VALUE)).isEqualTo(entries(11, 15, 2));
    }

    @Test
    void oneSyncServesAllThatWait() throws IOException {
        fixture.open();
        long before = disk.forces();
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int call = i;
            fixture.log.append(List.of(append(i, entries(1, 2, 1))), () -> order.add(call));
        }
        assertThat(fixture.tasks).hasSize(1);
        assertThat(fixture.log.queuedBytes()).isPositive();
        fixture.run();
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(disk.forces() - before).isEqualTo(1);
        assertThat(fixture.log.queuedBytes()).isZero();
        assertThat(fixture.log.stats().entries()).isEqualTo(20);
    }

    @Test
    void entriesReplaceThoseFromTheirIndexOn() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 9, 1)));
        fixture.write(append(1, entries(4, 5, 2)));
        List<Entry> expected = new ArrayList<>(entries(1, 3, 1));
        expected.addAll(entries(4, 5, 2));
        assertThat(fixture.log.read(1, 1, 100, Long.MAX_VALUE)).isEqualTo(expected);
        assertThat(reopened(1).entries()).isEqualTo(expected);
    }

    @Test
    void rewritesWithinOneCall() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 5, 1)), append(1, entries(3, 4, 2)), append(1, entries(4, 7, 3)));
        List<Entry> expected = new ArrayList<>(entries(1, 2, 1));
        expected.addAll(entries(3, 3, 2));
        expected.addAll(entries(4, 7, 3));
        assertThat(fixture.log.read(1, 1, 100, Long.MAX_VALUE)).isEqualTo(expected);
        assertThat(reopened(1).entries()).isEqualTo(expected);
    }

    @Test
    void startKeepsTheRestOnlyIfTheLogHoldsThatEntry() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 9, 1)), append(2, entries(1, 9, 1)), append(3, entries(1, 9, 1)));
        fixture.write(start(1, 4, 1), start(2, 4, 2), start(3, 20, 1));
        fixture.write(start(1, 2, 1));
        assertThat(fixture.log.read(1, 5, 9, Long.MAX_VALUE)).isEqualTo(entries(5, 9, 1));
        assertThat(fixture.log.read(2, 5, 9, Long.MAX_VALUE)).isEmpty();
        assertThatThrownBy(() -> fixture.log.read(1, 4, 9, Long.MAX_VALUE)).isInstanceOf(CompactedException.class);
        fixture.write(append(3, entries(21, 22, 2)));
        assertThat(reopened(1).entries()).isEqualTo(entries(5, 9, 1));
        assertThat(reopened(2).logStart()).isEqualTo(new LogPosition(4, 2));
        assertThat(reopened(2).entries()).isEmpty();
        assertThat(reopened(3).entries()).isEqualTo(entries(21, 22, 2));
    }

    @Test
    void readsAreBoundedButGiveOneEntry() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 9, 1)));
        long size = entries(1, 1, 1).get(0).bytes();
        assertThat(fixture.log.read(1, 2, 8, 3 * size)).isEqualTo(entries(2, 4, 1));
        assertThat(fixture.log.read(1, 2, 8, 1)).isEqualTo(entries(2, 2, 1));
        assertThat(fixture.log.read(1, 10, 12, 1)).isEmpty();
        assertThat(fixture.log.read(5, 1, 12, 1)).isEmpty();
    }

    @Test
    void doesNotReadWhatIsNotDurable() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 2, 1)));
        fixture.log.append(List.of(append(1, entries(3, 4, 1))), () -> {
            throw new IllegalStateException("should not be durable");
        });
        disk.failNext(SimDisk.Operation.FORCE, 1);
        fixture.run();
        assertThat(fixture.log.read(1, 1, 4, Long.MAX_VALUE)).isEqualTo(entries(1, 2, 1));
    }

    @Test
    void rollsOverAndCollectsOldFiles() throws IOException {
        fixture.open();
        for (int i = 1; i <= 300; i++) {
            fixture.write(append(1, entries(i, i, 1)));
            fixture.write(start(1, i, 1));
        }
        assertThat(fixture.log.stats().segments()).isLessThanOrEqualTo(2);
        assertThat(disk.list("log")).hasSize(fixture.log.stats().segments());
        assertThat(reopened(1).logStart()).isEqualTo(new LogPosition(300, 1));
    }

    @Test
    void idleGroupsDoNotPinOldFiles() throws IOException {
        fixture.open();
        fixture.write(state(1, 5, 9), append(1, entries(1, 3, 4)));
        for (int i = 1; i <= 500; i++) {
            fixture.write(append(2, entries(i, i, 1)), start(2, Math.max(0, i - 1), i > 1 ? 1 : 0));
        }
        assertThat(fixture.log.stats().segments()).isLessThanOrEqualTo(6);
        assertThat(fixture.log.stats().movedBytes()).isPositive();
        assertThat(fixture.log.read(1, 1, 3, Long.MAX_VALUE)).isEqualTo(entries(1, 3, 4));
        RecoveredGroup group = reopened(1);
        assertThat(group.entries()).isEqualTo(entries(1, 3, 4));
        assertThat(group.hardState()).isEqualTo(new HardState(5, new ReplicaId(9, 1)));
    }

    @Test
    void dropsGroupsAndTakesTheirIdsAgain() throws IOException {
        fixture.open();
        fixture.write(state(1, 5, 9), append(1, entries(1, 3, 4)));
        boolean[] durable = new boolean[1];
        fixture.log.dropGroup(1, () -> durable[0] = true);
        fixture.run();
        assertThat(durable[0]).isTrue();
        assertThat(reopened(1)).isNull();
        fixture.write(append(1, entries(1, 1, 1)));
        assertThat(reopened(1).entries()).isEqualTo(entries(1, 1, 1));
    }

    @Test
    void rememberWhichReplicasWereDropped() throws IOException {
        fixture.open();
        fixture.log.createReplica(1, 3);
        fixture.write(append(1, entries(1, 3, 4)));
        assertThat(reopened(1).incarnation()).isEqualTo(3);
        assertThat(fixture.log.dropped(1)).isZero();
        fixture.log.dropGroup(1, () -> {});
        fixture.run();
        assertThat(fixture.log.dropped(1)).isEqualTo(3);
        assertThat(reopened(1)).isNull();
        for (int i = 1; i <= 500; i++) {
            fixture.write(append(2, entries(i, i, 1)), start(2, Math.max(0, i - 1), i > 1 ? 1 : 0));
        }
        assertThat(disk.list("log")).doesNotContain("0000000000000001.wal");
        fixture.log.createReplica(1, 4);
        fixture.write(append(1, entries(1, 1, 1)));
        assertThat(reopened(1).incarnation()).isEqualTo(4);
        assertThat(fixture.log.dropped(1)).isEqualTo(3);
        assertThat(fixture.log.dropped(2)).isZero();
    }

    @Test
    void keepsHowAGroupBeganUntilItsLogBeginsLater() throws IOException {
        Configuration genesis = Configuration.of(List.of(new ReplicaId(1, 1), new ReplicaId(2, 1)));
        fixture.open();
        for (long group = 1; group <= 2; group++) {
            fixture.log.createReplica(group, 1);
            fixture.log.keepGenesis(group, genesis, () -> {});
            fixture.write(append(group, entries(1, 3, 1)));
        }
        fixture.write(start(2, 2, 1));
        // In a summary too, once the first file is gone.
        for (int i = 1; i <= 500; i++) {
            fixture.write(append(3, entries(i, i, 1)), start(3, Math.max(0, i - 1), i > 1 ? 1 : 0));
        }
        assertThat(disk.list("log")).doesNotContain("0000000000000001.wal");
        assertThat(reopened(1).genesis()).isEqualTo(genesis);
        assertThat(reopened(2).genesis()).isNull();
        assertThat(reopened(3).genesis()).isNull();
    }

    @Test
    void doesNotKeepWhatIsPreparedInVain() throws IOException {
        fixture.open();
        fixture.log.keepGenesis(1, Configuration.of(List.of(new ReplicaId(1, 1))), () -> {
            throw new IOException("no room for a name");
        });
        assertThat(fixture.write(append(1, entries(1, 1, 1)))).isFalse();
        assertThat(fixture.failures).hasSize(1);
        assertThat(reopened(1)).isNull();
    }

    @Test
    void writesRecordsLargerThanTheBufferAndTheFile() throws IOException {
        fixture.open();
        Entry large = entry(1, 1, "x".repeat(50_000));
        fixture.write(append(1, List.of(large, entry(2, 1, "small"))));
        fixture.write(append(1, entries(3, 3, 1)));
        assertThat(fixture.log.read(1, 1, 1, 1)).containsExactly(large);
        assertThat(reopened(1).entries()).hasSize(3).startsWith(large);
    }

    @Test
    void firstErrorEndsItForGood() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 1, 1)));
        disk.failNext(SimDisk.Operation.FORCE, 1);
        assertThat(fixture.write(append(1, entries(2, 2, 1)))).isFalse();
        assertThat(fixture.write(append(1, entries(3, 3, 1)))).isFalse();
        assertThat(fixture.failures).hasSize(1);
        assertThat(fixture.log.failure()).isSameAs(fixture.failures.get(0));
        fixture.log.close();
        assertThat(reopened(1).entries()).isEqualTo(entries(1, 1, 1));
    }

    /** The process alone died, so that the next one reads from the cache what the disk never got, and promises it. */
    @Test
    void whatAFailedSyncLeftInTheCacheIsWrittenAgain() throws IOException {
        for (int written = 0; written < 3; written++) {
            fixture.open();
            long last = written + 1;
            disk.failNext(SimDisk.Operation.FORCE, 1);
            assertThat(fixture.write(append(1, entries(last, last, 1)))).isFalse();
            disk.kill();
            assertThat(fixture.open().log.recovered().get(1L).entries()).isEqualTo(entries(1, last, 1));
            disk.crash(SimDisk.Survival.NOTHING);
            assertThat(fixture.open().log.recovered().get(1L).entries()).isEqualTo(entries(1, last, 1));
            disk.crash(SimDisk.Survival.NOTHING);
        }
    }

    @Test
    void fullDiskIsAnErrorThatLosesNothing() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 9, 1)));
        disk.setCapacityBytes(disk.usedBytes() + 100);
        assertThat(fixture.write(append(1, entries(10, 20, 1)))).isFalse();
        assertThat(fixture.failures.get(0)).hasMessageContaining("no space");
        disk.setCapacityBytes(Long.MAX_VALUE);
        assertThat(reopened(1).entries()).isEqualTo(entries(1, 9, 1));
    }

    @Test
    void refusesWhatWouldLeaveAGap() throws IOException {
        fixture.open();
        fixture.write(append(1, entries(1, 2, 1)));
        fixture.log.append(List.of(append(1, entries(4, 4, 1))), () -> {});
        assertThatThrownBy(fixture::run).hasMessageContaining("cannot append from 4");
        assertThat(fixture.failures).hasSize(1);
        assertThat(reopened(1).entries()).isEqualTo(entries(1, 2, 1));
    }

    @Test
    void refusesASecondOwnerAndForeignLogs() throws IOException {
        fixture.open();
        assertThatThrownBy(() -> new LogFixture(disk, small(4096)).open()).hasMessageContaining("in use");
        fixture.log.close();
        assertThatThrownBy(() -> SharedLog.open(disk, "log", small(4096), "other", LogFixture.SERVER, Runnable::run))
                .isInstanceOf(LogException.class)
                .hasMessageContaining("another cluster");
        assertThatThrownBy(() -> SharedLog.open(disk, "log", small(4096), LogFixture.CLUSTER, 8, Runnable::run))
                .hasMessageContaining("another server");
        fixture.open();
    }

    @Test
    void closeFinishesWhatIsQueued() throws IOException {
        fixture.open();
        boolean[] durable = new boolean[1];
        fixture.log.append(List.of(append(1, entries(1, 1, 1))), () -> durable[0] = true);
        fixture.log.close();
        fixture.log.close();
        assertThat(durable[0]).isTrue();
        assertThatThrownBy(() -> fixture.log.append(List.of(), () -> {})).isInstanceOf(IllegalStateException.class);
        fixture.run();
        assertThat(reopened(1).entries()).isEqualTo(entries(1, 1, 1));
    }

    @Test
    void namesAMissingFile() throws IOException {
        fixture.open();
        for (int i = 1; i <= 200; i++) {
            fixture.write(append(1, entries(i, i, 1)));
        }
        fixture.log.close();
        List<String> files =
                disk.list("log").stream().filter(name -> name.endsWith(".wal")).toList();
        assertThat(files).hasSizeGreaterThan(3);
        byte[] second = disk.content("log/" + files.get(1));
        disk.delete("log/" + files.get(1));
        assertThatThrownBy(fixture::open).hasMessageContaining(files.get(1)).hasMessageContaining("missing");
        disk.put("log/" + files.get(1), second);
        disk.delete("log/" + files.get(0));
        assertThatThrownBy(fixture::open)
                .hasMessageContaining("a file before it is missing")
                .hasMessageContaining("from 1 to");
    }
}
