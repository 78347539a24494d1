package io.raftkv.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Run;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Group 5 has voters a1, b2 and c3, of which b2 and c3 are lost. */
class RecoverTranscriptTest {
    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        write(folder, 0xa1, 4);
    }

    private static void write(Path folder, long server, int last) throws IOException {
        FileDisk disk = new FileDisk(folder);
        try (SharedLog log =
                SharedLog.open(disk, "log", LogOptions.small(1 << 20, e -> {}), "test", server, Runnable::run)) {
            List<Entry> entries = new ArrayList<>();
            for (long index = 1; index <= last; index++) {
                entries.add(Entry.of(index, 2, Entry.encodeBody(Entry.Type.NO_OP, 7, Bytes.EMPTY)));
            }
            log.createReplica(5, 1);
            log.append(List.of(new GroupWrite(5, new HardState(3, null), null, entries)), () -> {});
            Configuration voters =
                    Configuration.of(List.of(new ReplicaId(0xa1, 1), new ReplicaId(0xb2, 1), new ReplicaId(0xc3, 1)));
            new SnapshotStore(disk, "snapshots").write(5, new SnapshotMeta(2, 2, voters, 0, 7), out -> out.write(99));
        }
    }

    private Run run(String... words) {
        List<String> args = new ArrayList<>(List.of("log", "recover", folder.toString()));
        args.addAll(List.of(words));
        return Run.with("", args.toArray(String[]::new));
    }

    @Test
    void saysWhatWouldBeDoneAndWhatMayBeLost() {
        Run run = run();

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("""
                  group 5
                  members a1.1 b2.1 c3.1
                  lost b2.1 c3.1
                  survivors a1.1 last 4/2, snapshot 2, term 3, in %1$s
                  source a1.1
                  voters a1.2
                  committed for sure 2
                  last 4
                  term 1048579
                  may be lost what was acknowledged after index 2 and is not, or otherwise, in the log of a1.1 up to 4
                nothing was changed; to do it: raftkv log recover %1$s --lost b2,c3 --execute
                """.formatted(folder));
        assertThat(run.code()).isEqualTo(ExitCode.OK);
        assertThat(run("--json").out())
                .startsWith("{\"groups\":[{\"group\":5,\"members\":\"a1.1 b2.1 c3.1\",\"lost\":\"b2.1 c3.1\",")
                .endsWith("\"given up\":[\"b2\",\"c3\"],\"executed\":false}\n");
        assertThat(run()).as("nothing was changed").isEqualTo(run);
    }

    @Test
    void doesItOnceIfAllThatAreGivenUpAreNamed() {
        Run forgotten = run("--execute", "--lost", "b2");
        assertThat(forgotten.code()).isEqualTo(ExitCode.USAGE);
        assertThat(forgotten.err()).contains("gives up servers [b2, c3], --lost names [b2]");

        Run run = run("--execute", "--lost", "b2,c3");
        assertThat(run.out()).endsWith("done: start the survivors, and never again servers b2, c3\n");
        assertThat(run.code()).isEqualTo(ExitCode.OK);
        assertThat(run().out()).startsWith("nothing to do");
        assertThat(Run.with("", "log", "inspect", folder.toString()).out()).contains("last 5", "configurations at 5");
        assertThat(Run.with("", "log", "verify", folder.toString()).out()).endsWith("sound\n");
    }

    @Test
    void aGroupWithItsMajorityIsLeftAlone(@TempDir Path other) throws IOException {
        write(other, 0xb2, 3);
        assertThat(run(other.toString()).out()).startsWith("nothing to do");
        assertThat(run("--group", "6").out()).startsWith("nothing to do");
    }

    @Test
    void refusesWhatItCannotRecover(@TempDir Path other) throws IOException {
        assertThat(run(other.toString()).err()).contains("is not the data folder of a server");
        write(other, 0xa1, 3);
        assertThat(run(other.toString()).err()).contains("of the same server");
    }
}
