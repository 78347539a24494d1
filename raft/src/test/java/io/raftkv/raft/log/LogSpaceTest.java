package io.raftkv.raft.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A disk that gets full (fault E: ENOSPC on the log). */
class LogSpaceTest {
    private static final long RESERVE = 16 << 10;

    private final SimDisk disk = new SimDisk(3);
    private final List<IOException> failures = new ArrayList<>();

    private SharedLog open() throws IOException {
        LogOptions options = LogOptions.small(4 << 10, failures::add).withReserveBytes(RESERVE);
        return SharedLog.open(disk, "log", options, "test", 1, Runnable::run);
    }

    @Test
    void saysThatTheDiskIsNearlyFullBeforeAWriteFails() throws IOException {
        SharedLog log = open();
        disk.setCapacityBytes(disk.usedBytes() + 3 * RESERVE);
        long index = 1;
        while (!log.isDiskNearlyFull()) {
            log.append(List.of(LogFixture.append(1, LogFixture.entries(index, index, 1))), () -> {});
            index++;
        }
        assertThat(failures).isEmpty();
        assertThat(disk.usableBytes()).isBetween(RESERVE / 2, RESERVE);
    }

    @Test
    void noticesThatThereIsRoomAgainThoughNothingIsWritten() throws IOException {
        SharedLog log = open();
        disk.setCapacityBytes(disk.usedBytes() + RESERVE / 2);
        log.append(List.of(LogFixture.append(1, LogFixture.entries(1, 30, 1))), () -> {});
        log.append(List.of(LogFixture.append(1, LogFixture.entries(31, 60, 1))), () -> {});
        assertThat(log.isDiskNearlyFull()).isTrue();
        long used = disk.usedBytes();

        log.lookForRoom();
        assertThat(log.isDiskNearlyFull()).isTrue();
        disk.setCapacityBytes(Long.MAX_VALUE);
        log.lookForRoom();

        assertThat(log.isDiskNearlyFull()).isFalse();
        assertThat(disk.usedBytes()).as("looking writes nothing").isEqualTo(used);
    }

    @Test
    void aFullDiskEndsTheLogWithWordsThatSayWhatToDoAndLosesNothing() throws IOException {
        SharedLog log = open();
        disk.setCapacityBytes(disk.usedBytes() + (4 << 10));
        List<Long> durable = new ArrayList<>();
        for (long index = 1; failures.isEmpty(); index++) {
            long mine = index;
            log.append(List.of(LogFixture.append(1, LogFixture.entries(index, index, 1))), () -> durable.add(mine));
        }
        assertThat(failures).singleElement().asString().contains("no room left", "Make room", "start the server again");

        disk.setCapacityBytes(Long.MAX_VALUE);
        disk.crash();
        RecoveredGroup group = open().recovered().get(1L);
        assertThat(group.entries()).hasSizeGreaterThanOrEqualTo(durable.size());
    }
}
