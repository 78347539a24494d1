package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.log.Disk.DiskFile;
import io.raftkv.raft.log.LogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SimDiskTest {
    private final SimDisk disk = new SimDisk(1);

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String content(String path) {
        return new String(disk.content(path), StandardCharsets.US_ASCII);
    }

    @Test
    void keepsWhatWasForced() throws IOException {
        DiskFile file = disk.create("a");
        file.write(bytes("one"), 0);
        file.force();
        disk.forceDirectory("");
        file.write(bytes("two"), 3);
        assertThat(content("a")).isEqualTo("onetwo");
        disk.crash(SimDisk.Survival.NOTHING);
        assertThat(content("a")).isEqualTo("one");
        assertThat(disk.counters().lostWrites()).isEqualTo(1);
    }

    @Test
    void forgetsNamesThatWereNotForced() throws IOException {
        disk.create("a").force();
        disk.forceDirectory("");
        disk.rename("a", "b");
        disk.create("c").force();
        disk.crash(SimDisk.Survival.NOTHING);
        assertThat(disk.list("")).containsExactly("a");
        assertThat(disk.counters().lostNames()).isEqualTo(2);
    }

    @Test
    void tearsLongWritesAtSectors() throws IOException {
        TreeSet<Integer> survivingSectors = new TreeSet<>();
        for (int seed = 0; seed < 200; seed++) {
            SimDisk torn = new SimDisk(seed);
            DiskFile file = torn.create("a");
            torn.forceDirectory("");
            byte[] data = new byte[4 * 512];
            java.util.Arrays.fill(data, (byte) 1);
            file.write(ByteBuffer.wrap(data), 0);
            torn.crash();
            byte[] after = torn.content("a");
            int mask = 0;
            for (int i = 0; i < after.length; i++) {
                assertThat(after[i]).isEqualTo(after[i & ~511]);
                mask |= after[i] == 1 ? 1 << (i >> 9) : 0;
            }
            survivingSectors.add(mask);
        }
        assertThat(survivingSectors).hasSize(16);
    }

    @Test
    void failedForceLosesThePagesForGood() throws IOException {
        DiskFile file = disk.create("a");
        disk.forceDirectory("");
        file.write(bytes("x"), 0);
        disk.failNext(SimDisk.Operation.FORCE, 1);
        assertThatThrownBy(file::force).isInstanceOf(IOException.class);
        file.force();
        disk.crash(SimDisk.Survival.NOTHING);
        assertThat(content("a")).isEmpty();
    }

    @Test
    void whatIsWrittenAgainAfterAFailedForceStays() throws IOException {
        DiskFile file = disk.create("a");
        disk.forceDirectory("");
        file.write(bytes("xyz"), 0);
        disk.failNext(SimDisk.Operation.FORCE, 1);
        assertThatThrownBy(file::force).isInstanceOf(IOException.class);
        file.write(bytes("Y"), 1);
        file.force();
        disk.crash(SimDisk.Survival.EVERYTHING);
        assertThat(content("a")).as("the rest may be there").isEqualTo("xYz");
    }

    @Test
    void stopsAtAnOperationAndHandlesOfTheDeadFail() throws IOException {
        DiskFile file = disk.create("a");
        disk.stopAt(2);
        assertThatThrownBy(() -> file.write(bytes("x"), 0)).isInstanceOf(SimDisk.PowerLost.class);
        assertThatThrownBy(() -> disk.forceDirectory("")).isInstanceOf(SimDisk.PowerLost.class);
        disk.crash(SimDisk.Survival.EVERYTHING);
        assertThat(content("a")).isEqualTo("x");
        assertThatThrownBy(file::size).hasMessageContaining("dead");
    }

    @Test
    void fillsUpAndLocks() throws IOException {
        disk.setCapacityBytes(2);
        DiskFile file = disk.create("a");
        assertThatThrownBy(() -> file.write(bytes("xyz"), 0)).hasMessageContaining("no space");
        assertThat(content("a")).isEqualTo("xy");
        disk.lock("LOCK");
        assertThatThrownBy(() -> disk.lock("LOCK")).isInstanceOf(LogException.class);
        disk.kill();
        disk.lock("LOCK").close();
        disk.lock("LOCK");
    }
}
