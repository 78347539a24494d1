package io.raftkv.raft.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** No damage to what was acknowledged is taken for the end of the log (faults L11, L12). */
class LogDamageTest {
    private static final LogOptions OPTIONS = new LogOptions(1024, 4 << 10, 0, 4, e -> {});

    /** The files of a log and what was acknowledged of it. */
    private record Image(Map<String, byte[]> files, List<Map<Long, RecoveredGroup>> possible) {}

    private static Image image(SimDisk disk, LogWorkload workload) {
        Map<String, byte[]> files = new TreeMap<>();
        for (String name : disk.list("log")) {
            files.put("log/" + name, disk.content("log/" + name));
        }
        return new Image(files, List.copyOf(workload.possible()));
    }

    private static SimDisk disk(Map<String, byte[]> files) {
        SimDisk disk = new SimDisk(1);
        files.forEach(disk::put);
        return disk;
    }

    private static Image written(boolean closed) throws IOException {
        SimDisk disk = new SimDisk(7);
        LogFixture fixture = new LogFixture(disk, OPTIONS).open();
        LogWorkload workload = new LogWorkload(fixture, 9, 3, 100);
        for (int i = 0; i < 25; i++) {
            workload.step();
        }
        if (closed) {
            fixture.log.close();
        }
        return image(disk, workload);
    }

    private static int flipEveryByte(Image image) throws IOException {
        int refused = 0;
        for (Map.Entry<String, byte[]> file : image.files().entrySet()) {
            for (int at = 0; at < file.getValue().length; at++) {
                SimDisk disk = disk(image.files());
                disk.flipBit(file.getKey(), at, at % 8);
                try {
                    LogFixture fixture = new LogFixture(disk, OPTIONS).open();
                    assertThat(image.possible())
                            .as("%s, byte %d", file.getKey(), at)
                            .contains(new TreeMap<>(fixture.log.recovered()));
                } catch (LogException e) {
                    assertThat(e).hasMessageContaining(".wal");
                    assertThat(e.file()).startsWith("log/");
                    refused++;
                }
            }
        }
        return refused;
    }

    @Test
    void everyFlippedByteOfAClosedLogIsSeen() throws IOException {
        Image image = written(true);
        assertThat(image.possible()).hasSize(1);
        assertThat(image.files()).hasSizeGreaterThan(1);
        int bytes =
                image.files().values().stream().mapToInt(file -> file.length).sum();
        // What is not refused is the last record, the mark, which says nothing but that all before it is durable.
        assertThat(flipEveryByte(image)).isEqualTo(bytes - RecordFormat.HEADER_BYTES);
    }

    @Test
    void everyFlippedByteAfterTheProcessDiedIsSeenToo() throws IOException {
        flipEveryByte(written(false));
    }

    @Test
    void everyFlippedByteOfALogWithAnUnacknowledgedTailIsSeenOrInTheTail() throws IOException {
        SimDisk disk = new SimDisk(7);
        LogFixture fixture = new LogFixture(disk, OPTIONS).open();
        LogWorkload workload = new LogWorkload(fixture, 6, 3, 100);
        for (int i = 0; i < 5; i++) {
            workload.step();
        }
        disk.failNext(SimDisk.Operation.FORCE, 1);
        workload.step();
        Image image = image(disk, workload);
        assertThat(image.possible()).hasSizeGreaterThan(1);
        flipEveryByte(image);
    }

    @Test
    void everyTruncationIsSeen() throws IOException {
        Image image = written(true);
        for (Map.Entry<String, byte[]> file : image.files().entrySet()) {
            boolean last = new TreeMap<>(image.files()).lastKey().equals(file.getKey());
            for (int length = 0; length < file.getValue().length; length += 5) {
                Map<String, byte[]> cut = new TreeMap<>(image.files());
                cut.put(file.getKey(), java.util.Arrays.copyOf(file.getValue(), length));
                try {
                    LogFixture fixture = new LogFixture(disk(cut), OPTIONS).open();
                    // A shortened last file looks like one whose size was never synced; nothing else may pass.
                    assertThat(last).as("%s cut to %d", file.getKey(), length).isTrue();
                    assertThat(fixture.log.recovered()).isNotEmpty();
                } catch (LogException e) {
                    assertThat(e).hasMessageContaining(".wal");
                }
            }
        }
    }

    @Test
    void saysWhereAndWhatToDo() throws IOException {
        Image image = written(true);
        String first = image.files().keySet().iterator().next();
        SimDisk disk = disk(image.files());
        disk.flipBit(first, 130, 2);
        List<String> messages = new ArrayList<>();
        try {
            new LogFixture(disk, OPTIONS).open();
        } catch (LogException e) {
            messages.add(e.getMessage());
            assertThat(e.file()).isEqualTo(first);
            assertThat(e.offset()).isBetween(80L, 130L);
        }
        assertThat(messages).singleElement().asString().contains(first, "damaged", "restore it from a copy");
    }

    @Test
    void damageThatIsReadLaterIsSeenToo() throws IOException {
        SimDisk disk = new SimDisk(7);
        LogFixture fixture = new LogFixture(disk, OPTIONS).open();
        fixture.write(LogFixture.append(1, LogFixture.entries(1, 5, 1)));
        String file = "log/" + disk.list("log").get(0);
        byte[] content = disk.content(file);
        for (int at = 112; at < content.length - RecordFormat.HEADER_BYTES; at++) {
            disk.flipBit(file, at, 1);
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> fixture.log.read(1, 1, 5, 1000))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining(file);
            disk.flipBit(file, at, 1);
        }
        assertThat(fixture.log.read(1, 1, 5, 1000)).hasSize(5);
    }
}
