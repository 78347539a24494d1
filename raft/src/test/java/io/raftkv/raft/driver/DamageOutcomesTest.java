package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.sim.Logs;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever is done to a data folder, a start finds all that was promised, or knows that it lacks something, or refuses: it is
 * never taken for whole when it is not (faults L11, L12, S2, S3, S4).
 */
class DamageOutcomesTest {
    private enum Outcome {
        /** All is as it was. */
        EXACT,
        /** What may lack something knows it. */
        RECOVERS,
        /** It does not start, and says why. */
        REFUSED
    }

    private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    private Map<String, byte[]> image = new TreeMap<>();
    private Map<Long, RaftCore.Recovered> whole = new TreeMap<>();

    @BeforeAll
    static void silence() {
        Logs.silence();
    }

    @BeforeEach
    void write() throws IOException {
        FolderFixture files = new FolderFixture(new SimDisk(5));
        files.twoGroups();
        DataFolder folder = files.open();
        folder.log().append(List.of(FolderFixture.write(2, null, 6, 12)), () -> {});
        folder.log().close();
        image = image(files.disk);
        whole = recovered(image);
    }

    private static Map<String, byte[]> image(SimDisk disk) {
        Map<String, byte[]> image = new TreeMap<>();
        for (String folder : List.of("log", "snapshots/0000000000000001")) {
            for (String name : disk.list(folder)) {
                image.put(folder + "/" + name, disk.content(folder + "/" + name));
            }
        }
        return image;
    }

    private static Map<Long, RaftCore.Recovered> recovered(Map<String, byte[]> image) throws IOException {
        FolderFixture files = new FolderFixture(new SimDisk(1));
        files.disk.createDirectory("snapshots/0000000000000002");
        image.forEach(files.disk::put);
        DataFolder folder = files.open();
        Map<Long, RaftCore.Recovered> recovered = new TreeMap<>();
        for (long group = 1; group <= 2; group++) {
            recovered.put(group, folder.recover(group, FolderFixture.GENESIS, files.machine));
        }
        return recovered;
    }

    private void open(Map<String, byte[]> damaged, String what) throws IOException {
        Outcome outcome = Outcome.EXACT;
        try {
            for (Map.Entry<Long, RaftCore.Recovered> found : recovered(damaged).entrySet()) {
                if (found.getValue().isIncomplete()) {
                    outcome = Outcome.RECOVERS;
                } else {
                    assertSameOrOlderSnapshot(found.getValue(), whole.get(found.getKey()), what);
                }
            }
        } catch (LogException e) {
            assertThat(e.isDamage()).as(what).isFalse();
            outcome = Outcome.REFUSED;
        }
        outcomes.merge(outcome, 1, Integer::sum);
    }

    /** With an older snapshot the log must make up for the rest. */
    private static void assertSameOrOlderSnapshot(RaftCore.Recovered found, RaftCore.Recovered whole, String what) {
        assertThat(found.hardState()).as(what).isEqualTo(whole.hardState());
        assertThat(found.logStart()).as(what).isEqualTo(whole.logStart());
        assertThat(found.entries()).as(what).isEqualTo(whole.entries());
        assertThat(found.snapshot().index())
                .as(what)
                .isBetween(found.logStart().index(), whole.snapshot().index());
    }

    private int count(Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0);
    }

    @Test
    void everyFlippedByte() throws IOException {
        int logBytes = 0;
        for (Map.Entry<String, byte[]> file : image.entrySet()) {
            logBytes += file.getKey().startsWith("log/") ? file.getValue().length : 0;
            for (int at = 0; at < file.getValue().length; at++) {
                byte[] rotten = file.getValue().clone();
                rotten[at] ^= (byte) (1 << at % 8);
                Map<String, byte[]> damaged = new TreeMap<>(image);
                damaged.put(file.getKey(), rotten);
                open(damaged, file.getKey() + ", byte " + at);
            }
        }
        int snapshot = image.get("snapshots/0000000000000001/0000000000000004.snap").length;
        // All of the log but its last record, a mark; and the snapshot, which nothing makes up for.
        int mark = 32;
        assertThat(count(Outcome.RECOVERS)).isEqualTo(logBytes - mark + snapshot);
        assertThat(count(Outcome.EXACT)).isEqualTo(mark);
        assertThat(count(Outcome.REFUSED)).isZero();
    }

    @Test
    void everyMissingFileAndEveryPairOfSwappedFiles() throws IOException {
        List<String> names = List.copyOf(image.keySet());
        String last = names.stream()
                .filter(name -> name.startsWith("log/"))
                .reduce((a, b) -> b)
                .orElseThrow();
        for (String name : names) {
            if (!name.equals(last)) {
                Map<String, byte[]> damaged = new TreeMap<>(image);
                damaged.remove(name);
                open(damaged, "without " + name);
            }
            for (String other : names) {
                if (name.compareTo(other) < 0) {
                    Map<String, byte[]> damaged = new TreeMap<>(image);
                    damaged.put(name, image.get(other));
                    damaged.put(other, image.get(name));
                    open(damaged, name + " swapped with " + other);
                }
            }
        }
        assertThat(count(Outcome.RECOVERS)).isGreaterThan(names.size());
        assertThat(count(Outcome.REFUSED)).isZero();
    }

    @Test
    void zerosInPlaceOfTheRestOfAFile() throws IOException {
        for (Map.Entry<String, byte[]> file : image.entrySet()) {
            boolean isLastLog = file.getKey().startsWith("log/")
                    && image.keySet().stream()
                            .noneMatch(name -> name.startsWith("log/") && name.compareTo(file.getKey()) > 0);
            if (isLastLog) {
                // It looks like a tail that was never synced, as docs/recovery.md says.
                continue;
            }
            for (int from = 0; from < file.getValue().length; from += 7) {
                byte[] zeroed = file.getValue().clone();
                Arrays.fill(zeroed, from, zeroed.length, (byte) 0);
                if (!Arrays.equals(zeroed, file.getValue())) {
                    Map<String, byte[]> damaged = new TreeMap<>(image);
                    damaged.put(file.getKey(), zeroed);
                    open(damaged, file.getKey() + " zeroed from " + from);
                }
                Map<String, byte[]> damaged = new TreeMap<>(image);
                damaged.put(file.getKey(), Arrays.copyOf(file.getValue(), from));
                open(damaged, file.getKey() + " cut to " + from);
            }
        }
        assertThat(count(Outcome.RECOVERS)).isGreaterThan(100);
        assertThat(count(Outcome.REFUSED)).isZero();
    }

    /** Power is lost at every write and sync of appends, roll-over, a snapshot, and the compaction behind it. */
    @Test
    void aCrashAtEveryOperationLosesNothingThatWasPromised() throws IOException {
        for (SimDisk.Survival survival : SimDisk.Survival.values()) {
            int step = 0;
            boolean done = false;
            while (!done) {
                step++;
                done = crashAt(step, survival);
            }
            assertThat(step).as("points at which it can stop").isGreaterThan(40);
        }
    }

    private static boolean crashAt(int step, SimDisk.Survival survival) throws IOException {
        FolderFixture files = new FolderFixture(new SimDisk(step));
        files.twoGroups();
        long[] promised = {9, 5};
        boolean done = true;
        try {
            files.disk.kill();
            files.disk.stopAt(files.disk.operations() + step);
            DataFolder folder = files.openNow();
            for (long index = 10; index <= 20; index++) {
                long mine = index;
                folder.log().append(List.of(FolderFixture.write(1, null, index, 1)), () -> promised[0] = mine);
            }
            folder.snapshots().write(1, new SnapshotMeta(15, 3, FolderFixture.GENESIS, 0, 0), out -> out.write(7));
            boolean[] moved = new boolean[1];
            folder.log()
                    .append(List.of(new GroupWrite(1, null, new LogPosition(15, 3), List.of())), () -> moved[0] = true);
            if (moved[0]) {
                folder.snapshots().retainOnly(1, 15);
            }
            done = moved[0];
        } catch (SimDisk.PowerLost e) {
            done = false;
        }
        files.disk.crash(survival);
        DataFolder folder = files.open();
        for (int group = 1; group <= 2; group++) {
            RaftCore.Recovered found = folder.recover(group, FolderFixture.GENESIS, files.machine);
            String what = "group " + group + ", step " + step + ", " + survival;
            assertThat(found.isIncomplete()).as(what).isFalse();
            assertThat(found.hardState()).as(what).isEqualTo(new HardState(3, FolderFixture.SELF));
            assertThat(found.logStart().index() + found.entries().size())
                    .as(what)
                    .isGreaterThanOrEqualTo(promised[group - 1]);
            assertThat(found.snapshot().index())
                    .as(what)
                    .isGreaterThanOrEqualTo(found.logStart().index());
        }
        return done;
    }
}
