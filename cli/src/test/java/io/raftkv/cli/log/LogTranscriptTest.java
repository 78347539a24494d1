package io.raftkv.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Run;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.snapshot.SnapshotStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTranscriptTest {
    private static final ReplicaId SELF = new ReplicaId(0xa1, 1);

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        FileDisk disk = new FileDisk(folder);
        try (SharedLog log = open(disk)) {
            List<Entry> entries = new ArrayList<>();
            for (long index = 1; index <= 4; index++) {
                entries.add(Entry.of(index, 2, Entry.encodeBody(Entry.Type.NO_OP, 7, Bytes.EMPTY)));
            }
            log.append(List.of(new GroupWrite(5, new HardState(3, SELF), null, entries)), () -> {});
            new SnapshotStore(disk, "snapshots")
                    .write(5, new SnapshotMeta(2, 2, Configuration.of(List.of(SELF)), 0, 7), out -> out.write(99));
            log.append(List.of(new GroupWrite(5, null, new LogPosition(2, 2), List.of())), () -> {});
        }
    }

    private static SharedLog open(FileDisk disk) throws IOException {
        return SharedLog.open(disk, "log", LogOptions.small(1 << 20, e -> {}), "test", 0xa1, Runnable::run);
    }

    private Run run(String... words) {
        List<String> args = new ArrayList<>(List.of("log"));
        args.addAll(List.of(words));
        args.add(folder.toString());
        return Run.with("", args.toArray(String[]::new));
    }

    private void flip(String file, long offset) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(folder.resolve(file).toFile(), "rw")) {
            bytes.seek(offset);
            int old = bytes.read();
            bytes.seek(offset);
            bytes.write(old ^ 4);
        }
    }

    @Test
    void inspectShowsFilesGroupsAndEntries() {
        Run run = run("inspect", "--entries", "3..3");

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("""
                server a1
                files log/0000000000000001.wal 448 bytes, 6 records, LSN 1 to 6, end at 448
                  group 5
                  recovering false
                  snapshots snapshots/0000000000000005/0000000000000002.snap of term 2, 141 bytes, voters [a1.1]
                  term 3
                  vote a1.1
                  start 2/2
                  last 4
                  extents 3..4 of term 2 in log/0000000000000001.wal from 112 to 288
                  entries 3/2 NO_OP 12 bytes, time 7
                """);
        assertThat(run.code()).isEqualTo(ExitCode.OK);
    }

    @Test
    void inspectOfAnotherGroupShowsNone() {
        assertThat(run("inspect", "--group", "6").out()).doesNotContain("group");
        assertThat(run("inspect", "--group", "5", "--json").out())
                .startsWith("{\"server\":\"a1\",\"files\":[\"log/0000000000000001.wal")
                .contains("\"group\":5,", "\"last\":4,")
                .endsWith("\"damages\":[]}\n");
    }

    @Test
    void inspectTellsWhoseFolderItIsAndWhomItMet() throws IOException {
        Files.writeString(folder.resolve("lives"), """
                lives 1
                folder 00000000000000f1
                life 00000001000000a1 3
                life 00000005000000a5 1
                forgot 4
                peer 0000000000000002 00000000000000f2 00000003000000b1 7
                crc c530ad17
                """);
        assertThat(run("inspect").out())
                .contains("folder 00000000000000f1\n")
                .contains("lives of this server 2, the last one 00000005000000a5/1\n")
                .contains("server 2 with folder 00000000000000f2 in life 00000003000000b1/7\n");

        flip("lives", 20);
        Run damaged = run("inspect");
        assertThat(damaged.out()).contains("lives: the checksum at its end does not match");
        assertThat(damaged.code()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void verifyOfASoundFolder() {
        Run run = run("verify");

        assertThat(run.out()).isEqualTo("""
                files 1
                records 6
                groups 1
                snapshots 1
                recovering 0
                sound
                """);
        assertThat(run.code()).isEqualTo(ExitCode.OK);
    }

    @Test
    void verifySaysWhatIsDamagedAndChangesNothing() throws IOException {
        flip("log/0000000000000001.wal", 150);
        flip("snapshots/0000000000000005/0000000000000002.snap", 30);
        Map<String, Long> before = sizes();

        Run run = run("verify");

        assertThat(run.code()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out())
                .contains("DAMAGED log/0000000000000001.wal at offset 112: record 2 is damaged")
                .contains("restore it from a copy")
                .contains("DAMAGED snapshots/0000000000000005/0000000000000002.snap at offset 0")
                .endsWith("not sound\n");
        assertThat(sizes()).isEqualTo(before);
        assertThat(run("inspect").code()).isEqualTo(ExitCode.FAILED);
        assertThat(run("verify", "--json").out()).contains("\"damages\":[\"log/0000000000000001.wal at offset 112");
    }

    private Map<String, Long> sizes() throws IOException {
        Map<String, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sizes.put(folder.relativize(file).toString(), Files.size(file));
            }
        }
        return sizes;
    }

    @Test
    void refusesAFolderThatIsInUseOrNone() throws IOException {
        try (SharedLog log = open(new FileDisk(folder))) {
            Run run = run("verify");
            assertThat(run.code()).isEqualTo(ExitCode.USAGE);
            assertThat(run.err()).contains("in use", "stop");
            assertThat(log.failure()).isNull();
        }
        Run none = Run.with("", "log", "verify", folder.resolve("nothing").toString());
        assertThat(none.code()).isEqualTo(ExitCode.USAGE);
        assertThat(none.err()).contains("is not the data folder of a server");
        assertThat(folder.resolve("nothing")).doesNotExist();
        assertThat(run("inspect", "--entries", "5").code()).isEqualTo(ExitCode.USAGE);
        assertThat(Run.with("", "log").code()).isEqualTo(ExitCode.USAGE);
    }
}
