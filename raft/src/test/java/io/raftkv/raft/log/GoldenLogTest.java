package io.raftkv.raft.log;

import static io.raftkv.raft.log.LogFixture.append;
import static io.raftkv.raft.log.LogFixture.entries;
import static io.raftkv.raft.log.LogFixture.start;
import static io.raftkv.raft.log.LogFixture.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.snapshot.SnapshotStore;
import io.raftkv.raft.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Version 1 of the file formats, byte by byte. What these files hold must be readable for ever; if they have to change,
 * that is a new version. {@link #main} writes them.
 */
class GoldenLogTest {
    private static final String CONFIGURATION = "configuration.bin";

    private static final Configuration JOINT = new Configuration(
            new TreeSet<>(List.of(new ReplicaId(1, 1), new ReplicaId(2, 1), new ReplicaId(3, 2))),
            new TreeSet<>(List.of(new ReplicaId(1, 1), new ReplicaId(3, 1))),
            new TreeSet<>(List.of(new ReplicaId(-4, 1))),
            77);

    private static final String LOG = "0000000000000001.wal";
    private static final String GENESIS = "genesis.bin";
    private static final String SNAPSHOT = "0000000000000003.snap";

    /** Writes each kind of record and item; returns the files by name. */
    private static Map<String, byte[]> write() throws IOException {
        SimDisk disk = new SimDisk(1);
        LogFixture fixture = new LogFixture(disk, new LogOptions(2048, 4 << 10, 0, 2, e -> {})).open();
        fixture.write(state(9, 4, 2), append(9, entries(1, 3, 4)));
        Entry configuration =
                Entry.of(1, 4, Entry.encodeBody(Entry.Type.CONFIGURATION, 99, ConfigurationCodec.encode(JOINT)));
        fixture.write(append(1, List.of(configuration)), append(1, entries(2, 3, 5)));
        fixture.log.createReplica(2, 6);
        fixture.log.createReplica(5, 7);
        fixture.write(state(5, 1, 0));
        fixture.log.dropGroup(5, () -> {});
        fixture.run();
        fixture.write(start(1, 1, 4));
        fixture.write(start(2, 20, 3), append(2, entries(21, 21, 3)));
        Map<String, byte[]> files = new TreeMap<>();
        files.put(LOG, disk.content("log/" + LOG));
        for (int i = 22; i < 95; i++) {
            fixture.write(append(2, entries(i, i, 3)), start(2, i - 1, 3));
        }
        assertThat(fixture.log.stats().movedBytes()).isPositive();
        fixture.log.close();
        assertThat(disk.list("log")).doesNotContain(LOG);
        disk.list("log").forEach(name -> files.put(name, disk.content("log/" + name)));
        new SnapshotStore(disk, "").write(9, new SnapshotMeta(3, 4, JOINT, 1, 5), out -> out.write(stateBytes()));
        files.put(SNAPSHOT, disk.content("0000000000000009/" + SNAPSHOT));
        SimDisk other = new SimDisk(2);
        LogFixture began = new LogFixture(other, new LogOptions(2048, 4 << 10, 0, 2, e -> {})).open();
        began.log.createReplica(1, 1);
        began.log.keepGenesis(1, JOINT, () -> {});
        began.write(append(1, entries(1, 1, 1)));
        files.put(GENESIS, other.content("log/" + LOG));
        files.put(CONFIGURATION, ConfigurationCodec.encode(JOINT).toArray());
        return files;
    }

    private static byte[] stateBytes() {
        return "the state of a machine".getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = GoldenLogTest.class.getResourceAsStream("/golden/v1/" + name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        }
    }

    public static void main(String[] args) throws IOException {
        for (Map.Entry<String, byte[]> file : write().entrySet()) {
            Files.write(Path.of(args[0], file.getKey()), file.getValue());
        }
    }

    @Test
    void writesTheSameBytes() throws IOException {
        for (Map.Entry<String, byte[]> file : write().entrySet()) {
            assertThat(file.getValue()).as(file.getKey()).isEqualTo(golden(file.getKey()));
        }
    }

    private static Map<Long, RecoveredGroup> recovered(List<String> names) throws IOException {
        SimDisk disk = new SimDisk(1);
        for (String name : names) {
            disk.put("log/" + name, golden(name));
        }
        return new LogFixture(disk, LogFixture.small(1024)).open().log.recovered();
    }

    @Test
    void readsTheLog() throws IOException {
        Map<Long, RecoveredGroup> found = recovered(List.of(LOG));
        assertThat(found.keySet()).containsExactly(1L, 2L, 9L);
        assertThat(found.get(1L).logStart().term()).isEqualTo(4);
        assertThat(found.get(1L).entries()).isEqualTo(entries(2, 3, 5));
        assertThat(found.get(2L).logStart().index()).isEqualTo(20);
        assertThat(found.get(2L).entries()).isEqualTo(entries(21, 21, 3));
    }

    @Test
    void readsHowAGroupBegan() throws IOException {
        SimDisk disk = new SimDisk(1);
        disk.put("log/" + LOG, golden(GENESIS));
        RecoveredGroup found = new LogFixture(disk, LogFixture.small(1024))
                .open()
                .log
                .recovered()
                .get(1L);
        assertThat(found.genesis()).isEqualTo(JOINT);
        assertThat(found.entries()).isEqualTo(entries(1, 1, 1));
    }

    @Test
    void readsALogWhoseFirstFilesWereCollected() throws IOException {
        List<String> later = write().keySet().stream()
                .filter(name -> name.endsWith(".wal") && !name.equals(LOG))
                .toList();
        Map<Long, RecoveredGroup> found = recovered(later);
        assertThat(found.keySet()).containsExactly(1L, 2L, 9L);
        assertThat(found.get(9L).hardState().votedFor()).isEqualTo(new ReplicaId(2, 1));
        assertThat(found.get(9L).entries()).isEqualTo(entries(1, 3, 4));
        assertThat(found.get(1L).entries()).isEqualTo(entries(2, 3, 5));
        assertThat(found.get(2L).logStart().index()).isEqualTo(93);
        assertThat(found.get(2L).entries()).isEqualTo(entries(94, 94, 3));
    }

    @Test
    void readsTheSnapshotAndTheConfiguration() throws IOException {
        SimDisk disk = new SimDisk(1);
        disk.put("0000000000000009/" + SNAPSHOT, golden(SNAPSHOT));
        StoredSnapshot snapshot = new SnapshotStore(disk, "").newest(9).orElseThrow();
        assertThat(snapshot.meta()).isEqualTo(new SnapshotMeta(3, 4, JOINT, 1, 5));
        try (InputStream in = snapshot.openState()) {
            assertThat(in.readAllBytes()).isEqualTo(stateBytes());
        }
        assertThat(ConfigurationCodec.decode(Bytes.wrap(golden(CONFIGURATION)).asByteBuffer()))
                .isEqualTo(JOINT);
    }
}
