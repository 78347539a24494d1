package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.snapshot.SnapshotException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataFolderTest {
    private FolderFixture files = new FolderFixture(new SimDisk(5));

    @Test
    void allGroupsOfADamagedLogRecover() throws IOException {
        files.twoGroups();
        String file = files.firstLogFile();
        files.disk.flipBit(file, 200, 3);
        byte[] damaged = files.disk.content(file);

        DataFolder folder = files.open();
        RaftCore.Recovered first = folder.recover(1, null, files.machine);
        RaftCore.Recovered second = folder.recover(2, null, files.machine);

        assertThat(first.isIncomplete()).isTrue();
        assertThat(first.snapshot().index()).isEqualTo(4);
        assertThat(files.machine.loaded).isEqualTo(100);
        assertThat(first.entries()).isEmpty();
        assertThat(second.isIncomplete()).isTrue();
        assertThat(second.hardState()).isEqualTo(HardState.INITIAL);
        // That was in the damaged log alone.
        assertThat(second.snapshot().configuration()).isEqualTo(FolderFixture.GENESIS);
        assertThat(files.disk.content(file + ".damaged-1")).isEqualTo(damaged);
        assertThat(new String(files.disk.content("recovery/damage-1.txt"), StandardCharsets.UTF_8))
                .contains(file, "offset");
    }

    @Test
    void recoveringOutlivesRestartsUntilItEnds() throws IOException {
        files.twoGroups();
        files.disk.flipBit(files.firstLogFile(), 200, 3);
        files.open();

        DataFolder again = files.open();
        assertThat(again.recover(1, null, files.machine).isIncomplete()).isTrue();
        again.recovered(1);

        DataFolder later = files.open();
        assertThat(later.recover(1, null, files.machine).isIncomplete()).isFalse();
        assertThat(later.recover(2, null, files.machine).isIncomplete()).isTrue();
    }

    @Test
    void aSecondDamageKeepsTheFilesOfTheFirst() throws IOException {
        files.twoGroups();
        files.disk.flipBit(files.firstLogFile(), 200, 3);
        files.open().log().append(List.of(FolderFixture.write(2, null, 1, 5)), () -> {});
        files.disk.flipBit(files.firstLogFile(), 200, 3);
        files.open();

        assertThat(files.disk.list("log")).anyMatch(name -> name.endsWith(".damaged-1"));
        assertThat(files.disk.list("log")).anyMatch(name -> name.endsWith(".damaged-2"));
        assertThat(files.disk.list("recovery")).contains("damage-1.txt", "damage-2.txt");
    }

    @Test
    void aRestartNeedsNobodyToTellHowAGroupBegan() throws IOException {
        files.open().recover(1, FolderFixture.GENESIS, files.machine);
        RaftCore.Recovered again = files.open().recover(1, null, files.machine);
        assertThat(again.snapshot().configuration()).isEqualTo(FolderFixture.GENESIS);
        assertThat(files.disk.list("snapshots/0000000000000001")).isEmpty();
    }

    /** Whenever the power fails: what a group had promised is not forgotten with a log of which no record of it is left. */
    @Test
    void theFolderOfAGroupTellsThatItWasHereOnceItPromisedAnything() throws IOException {
        int step = 0;
        int promises = 0;
        boolean done = false;
        while (!done) {
            step++;
            files = new FolderFixture(new SimDisk(step));
            files.openNow();
            files.disk.crash();
            files.disk.stopAt(files.disk.operations() + step);
            boolean[] promised = new boolean[1];
            try {
                DataFolder folder = files.openNow();
                folder.recover(3, FolderFixture.GENESIS, files.machine);
                folder.log().append(List.of(FolderFixture.write(3, null, 1, 1)), () -> promised[0] = true);
                folder.log().append(List.of(FolderFixture.write(1, null, 1, 1)), () -> {});
                done = !files.disk.hasStopped();
            } catch (SimDisk.PowerLost e) {
                // As it should.
                assertThat(files.disk.hasStopped()).isTrue();
            }
            files.disk.crash();
            if (promised[0]) {
                promises++;
                rotAllButTheLastRecord();
                assertThat(files.open()
                                .recover(3, FolderFixture.GENESIS, files.machine)
                                .isIncomplete())
                        .as("step %d", step)
                        .isTrue();
            }
        }
        assertThat(promises).isPositive();
    }

    private void rotAllButTheLastRecord() {
        String last = files.disk.list("log").stream()
                .filter(name -> name.endsWith(".wal"))
                .reduce((a, b) -> b)
                .orElseThrow();
        for (int at = 0; at < files.disk.content("log/" + last).length - 40; at += 8) {
            files.disk.flipBit("log/" + last, at, 3);
        }
    }

    /** The process alone died between the renaming of a snapshot and the sync of that, and the next one builds on it. */
    @Test
    void aSnapshotThatIsInTheCacheOnlyIsMadeDurableBeforeItCounts() throws IOException {
        DataFolder before = files.open();
        before.recover(1, FolderFixture.GENESIS, files.machine);
        before.log().append(List.of(FolderFixture.write(1, null, 1, 9)), () -> {});
        files.disk.failNext(SimDisk.Operation.FORCE_DIRECTORY, 1);
        SnapshotMeta meta = new SnapshotMeta(4, 3, FolderFixture.GENESIS, 0, 0);
        assertThatThrownBy(() -> before.snapshots().write(1, meta, out -> out.write(new byte[100])))
                .isInstanceOf(IOException.class);

        assertThat(files.open().recover(1, null, files.machine).snapshot().index())
                .isEqualTo(4);
        files.disk.crash(SimDisk.Survival.NOTHING);
        assertThat(files.open().recover(1, null, files.machine).snapshot().index())
                .isEqualTo(4);
    }

    @Test
    void oneGroupRecoversIfItsSnapshotIsDamaged() throws IOException {
        files.twoGroups();
        files.disk.flipBit("snapshots/0000000000000001/0000000000000004.snap", 50, 3);

        DataFolder folder = files.open();
        RaftCore.Recovered first = folder.recover(1, null, files.machine);

        assertThat(first.isIncomplete()).isTrue();
        assertThat(first.hardState()).isEqualTo(new HardState(3, FolderFixture.SELF));
        assertThat(first.entries()).isEmpty();
        assertThat(folder.recover(2, null, files.machine).isIncomplete()).isFalse();
        assertThat(files.disk.list("snapshots/0000000000000001")).contains("0000000000000004.snap.damaged");
    }

    @Test
    void aDamagedSnapshotThatTheLogMakesUpForIsNoLoss() throws IOException {
        DataFolder before = files.open();
        before.recover(1, FolderFixture.GENESIS, files.machine);
        before.log().append(List.of(FolderFixture.write(1, null, 1, 9)), () -> {});
        before.snapshots()
                .write(1, new SnapshotMeta(4, 3, FolderFixture.GENESIS, 0, 0), out -> out.write(new byte[100]));
        files.disk.flipBit("snapshots/0000000000000001/0000000000000004.snap", 50, 3);

        RaftCore.Recovered group = files.open().recover(1, null, files.machine);

        assertThat(group.isIncomplete()).isFalse();
        assertThat(group.snapshot().index()).isZero();
        assertThat(group.entries()).hasSize(9);
    }

    @Test
    void aGroupOfWhichADamagedFolderKnowsNothingRecoversUnlessItIsBornHere() throws IOException {
        files.twoGroups();
        files.disk.flipBit(files.firstLogFile(), 200, 3);
        DataFolder folder = files.open();

        assertThat(folder.recover(3, null, files.machine).isIncomplete()).isTrue();
        assertThat(folder.recover(4, FolderFixture.GENESIS, files.machine).isIncomplete())
                .isFalse();
    }

    @Test
    void refusesToOpenIfItIsToldTo() throws IOException {
        files.twoGroups();
        String snapshot = "snapshots/0000000000000001/0000000000000004.snap";
        files.disk.flipBit(snapshot, 50, 3);
        DataFolder folder = files.open(RaftNodeOptions.OnDamage.REFUSE);
        assertThatThrownBy(() -> folder.recover(1, null, files.machine)).isInstanceOf(SnapshotException.class);

        files.disk.flipBit(files.firstLogFile(), 200, 3);
        assertThatThrownBy(() -> files.open(RaftNodeOptions.OnDamage.REFUSE)).isInstanceOf(LogException.class);
        assertThat(files.disk.list("recovery")).isEmpty();
    }

    /** Whatever was done when the power failed, no later start takes the rest for the whole. */
    @Test
    void aCrashAtAnyPointOfSettingAsideForgetsNothing() throws IOException {
        int step = 0;
        boolean done = false;
        while (!done) {
            step++;
            files = new FolderFixture(new SimDisk(step));
            files.twoGroups();
            files.disk.flipBit(files.firstLogFile(), 200, 3);
            files.disk.crash();
            files.disk.stopAt(files.disk.operations() + step);
            done = opens();
            files.disk.crash();
            DataFolder folder = files.open();
            assertThat(folder.recover(1, null, files.machine).isIncomplete())
                    .as("step %d", step)
                    .isTrue();
            assertThat(folder.recover(2, null, files.machine).isIncomplete())
                    .as("step %d", step)
                    .isTrue();
        }
        assertThat(step).as("points at which it can stop").isGreaterThan(12);
    }

    private boolean opens() throws IOException {
        try {
            files.openNow();
            return true;
        } catch (SimDisk.PowerLost e) {
            return false;
        }
    }
}
