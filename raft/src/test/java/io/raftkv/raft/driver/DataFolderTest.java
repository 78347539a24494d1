package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.snapshot.SnapshotException;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataFolderTest {
    private static final ReplicaId SELF = new ReplicaId(1, 1);
    private static final Configuration GENESIS = Configuration.of(List.of(SELF, new ReplicaId(2, 1)));
    private static final LogOptions LOG = LogOptions.small(1 << 10, failure -> {});

    private SimDisk disk = new SimDisk(5);
    private Sink machine = new Sink();

    private static final class NoLoop implements EventLoop {
        @Override
        public boolean inLoop() {
            return true;
        }

        @Override
        public long nowNanos() {
            return 0;
        }

        @Override
        public long wallClockMs() {
            return 0;
        }

        @Override
        public Scheduled schedule(long delayNanos, Runnable task) {
            return () -> {};
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    }

    private static final class NoTransport implements Transport {
        @Override
        public void start(Receiver receiver) {}

        @Override
        public void send(long server, Lane lane, ByteBuffer frame) {}

        @Override
        public long queuedBytes(long server) {
            return 0;
        }

        @Override
        public void close() {}
    }

    private static final class Sink implements StateMachine {
        private int loaded;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return "";
        }

        @Override
        public FrozenState freeze() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Runnable load(InputStream state) throws IOException {
            loaded = state.readAllBytes().length;
            return () -> {};
        }
    }

    private DataFolder open(RaftNodeOptions.OnDamage onDamage) throws IOException {
        disk.kill();
        return DataFolder.open(options(onDamage), disk, LOG);
    }

    private RaftNodeOptions options(RaftNodeOptions.OnDamage onDamage) {
        return RaftNodeOptions.of(
                        1, "test", disk, List.of(new NoLoop()), Runnable::run, Runnable::run, new NoTransport())
                .onDamage(onDamage)
                .build();
    }

    private DataFolder open() throws IOException {
        return open(RaftNodeOptions.OnDamage.RECOVER);
    }

    private static GroupWrite write(long group, LogPosition start, long from, int count) {
        List<Entry> entries = new ArrayList<>();
        for (long index = from; index < from + count; index++) {
            entries.add(Entry.of(index, 3, Entry.encodeBody(Entry.Type.COMMANDS, 0, Bytes.utf8("entry " + index))));
        }
        return new GroupWrite(group, new HardState(3, SELF), start, entries);
    }

    /** Group 1 with a snapshot at 4 and a log from 5 to 9, group 2 with a log from 1 to 5. */
    private void twoGroups() throws IOException {
        DataFolder folder = open();
        folder.recover(1, GENESIS, machine);
        folder.recover(2, GENESIS, machine);
        folder.log().append(List.of(write(1, null, 1, 9), write(2, null, 1, 5)), () -> {});
        folder.snapshots().write(1, new SnapshotMeta(4, 3, GENESIS, 0, 0), out -> out.write(new byte[100]));
        folder.snapshots().retainOnly(1, 4);
        folder.log().append(List.of(new GroupWrite(1, null, new LogPosition(4, 3), List.of())), () -> {});
    }

    private String firstLogFile() {
        return "log/"
                + disk.list("log").stream()
                        .filter(name -> name.endsWith(".wal"))
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void allGroupsOfADamagedLogRecover() throws IOException {
        twoGroups();
        String file = firstLogFile();
        disk.flipBit(file, 200, 3);
        byte[] damaged = disk.content(file);

        DataFolder folder = open();
        RaftCore.Recovered first = folder.recover(1, null, machine);
        RaftCore.Recovered second = folder.recover(2, null, machine);

        assertThat(first.isIncomplete()).isTrue();
        assertThat(first.snapshot().index()).isEqualTo(4);
        assertThat(machine.loaded).isEqualTo(100);
        assertThat(first.entries()).isEmpty();
        assertThat(second.isIncomplete()).isTrue();
        assertThat(second.hardState()).isEqualTo(HardState.INITIAL);
        assertThat(disk.content(file + ".damaged-1")).isEqualTo(damaged);
        assertThat(new String(disk.content("recovery/damage-1.txt"), StandardCharsets.UTF_8))
                .contains(file, "offset");
    }

    @Test
    void recoveringOutlivesRestartsUntilItEnds() throws IOException {
        twoGroups();
        disk.flipBit(firstLogFile(), 200, 3);
        open();

        DataFolder again = open();
        assertThat(again.recover(1, null, machine).isIncomplete()).isTrue();
        again.recovered(1);

        DataFolder later = open();
        assertThat(later.recover(1, null, machine).isIncomplete()).isFalse();
        assertThat(later.recover(2, null, machine).isIncomplete()).isTrue();
    }

    @Test
    void aSecondDamageKeepsTheFilesOfTheFirst() throws IOException {
        twoGroups();
        disk.flipBit(firstLogFile(), 200, 3);
        open().log().append(List.of(write(2, null, 1, 5)), () -> {});
        disk.flipBit(firstLogFile(), 200, 3);
        open();

        assertThat(disk.list("log")).anyMatch(name -> name.endsWith(".damaged-1"));
        assertThat(disk.list("log")).anyMatch(name -> name.endsWith(".damaged-2"));
        assertThat(disk.list("recovery")).contains("damage-1.txt", "damage-2.txt");
    }

    @Test
    void oneGroupRecoversIfItsSnapshotIsDamaged() throws IOException {
        twoGroups();
        disk.flipBit("snapshots/0000000000000001/0000000000000004.snap", 50, 3);

        DataFolder folder = open();
        RaftCore.Recovered first = folder.recover(1, null, machine);

        assertThat(first.isIncomplete()).isTrue();
        assertThat(first.hardState()).isEqualTo(new HardState(3, SELF));
        assertThat(first.entries()).isEmpty();
        assertThat(folder.recover(2, null, machine).isIncomplete()).isFalse();
        assertThat(disk.list("snapshots/0000000000000001")).contains("0000000000000004.snap.damaged");
    }

    @Test
    void aDamagedSnapshotThatTheLogMakesUpForIsNoLoss() throws IOException {
        DataFolder before = open();
        before.recover(1, GENESIS, machine);
        before.log().append(List.of(write(1, null, 1, 9)), () -> {});
        before.snapshots().write(1, new SnapshotMeta(4, 3, GENESIS, 0, 0), out -> out.write(new byte[100]));
        disk.flipBit("snapshots/0000000000000001/0000000000000004.snap", 50, 3);

        RaftCore.Recovered group = open().recover(1, null, machine);

        assertThat(group.isIncomplete()).isFalse();
        assertThat(group.snapshot().index()).isZero();
        assertThat(group.entries()).hasSize(9);
    }

    @Test
    void aGroupOfWhichADamagedFolderKnowsNothingRecoversUnlessItIsBornHere() throws IOException {
        twoGroups();
        disk.flipBit(firstLogFile(), 200, 3);
        DataFolder folder = open();

        assertThat(folder.recover(3, null, machine).isIncomplete()).isTrue();
        assertThat(folder.recover(4, GENESIS, machine).isIncomplete()).isFalse();
    }

    @Test
    void refusesToOpenIfItIsToldTo() throws IOException {
        twoGroups();
        String snapshot = "snapshots/0000000000000001/0000000000000004.snap";
        disk.flipBit(snapshot, 50, 3);
        DataFolder folder = open(RaftNodeOptions.OnDamage.REFUSE);
        assertThatThrownBy(() -> folder.recover(1, null, machine)).isInstanceOf(SnapshotException.class);

        disk.flipBit(firstLogFile(), 200, 3);
        assertThatThrownBy(() -> open(RaftNodeOptions.OnDamage.REFUSE)).isInstanceOf(LogException.class);
        assertThat(disk.list("recovery")).isEmpty();
    }

    /** Whatever was done when the power failed, no later start takes the rest for the whole. */
    @Test
    void aCrashAtAnyPointOfSettingAsideForgetsNothing() throws IOException {
        int step = 0;
        boolean done = false;
        while (!done) {
            step++;
            disk = new SimDisk(step);
            machine = new Sink();
            twoGroups();
            disk.flipBit(firstLogFile(), 200, 3);
            disk.crash();
            disk.stopAt(disk.operations() + step);
            done = opens();
            disk.crash();
            DataFolder folder = open();
            assertThat(folder.recover(1, null, machine).isIncomplete())
                    .as("step %d", step)
                    .isTrue();
            assertThat(folder.recover(2, null, machine).isIncomplete())
                    .as("step %d", step)
                    .isTrue();
        }
        assertThat(step).as("points at which it can stop").isGreaterThan(12);
    }

    private boolean opens() throws IOException {
        try {
            DataFolder.open(options(RaftNodeOptions.OnDamage.RECOVER), disk, LOG);
            return true;
        } catch (SimDisk.PowerLost e) {
            return false;
        }
    }
}
