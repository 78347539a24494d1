package io.raftkv.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.cli.FakeStore;
import io.raftkv.cli.Run;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    @Test
    void measuresAndReports() throws Exception {
        try (FakeStore store = new FakeStore()) {
            Run run = bench(
                    store,
                    "--workload",
                    "mixed",
                    "--pids",
                    Long.toString(ProcessHandle.current().pid()));
            assertThat(run.code()).isZero();
            assertThat(run.out()).contains("raftkv mixed", "ops/s", "p99.9", "errors 0", "servers ");
        }
    }

    @Test
    void reportsAsJsonAndCountsErrorsApart() throws Exception {
        try (FakeStore store = new FakeStore()) {
            String port = store.address().substring(store.address().indexOf(':') + 1);
            // The fake knows no WAIT: every batch of writes fails.
            Run run = bench(store, "--target", "redis", "--port", port, "--wait", "1", "--workload", "set", "--json");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).contains("\"target\":\"redis WAIT 1\"", "\"operations\":0", "\"errors\":{\"ERR\":");
        }
    }

    @Test
    void tellsWhatManyGroupsCost(@TempDir Path folder) {
        Run run = Run.with(
                "",
                "bench",
                "groups",
                folder.toString(),
                "--groups",
                "20",
                "--busy",
                "2",
                "--seconds",
                "1",
                "--settle",
                "0");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("20 groups in 3 processes", "first start: ", "second start: ", "all led after", "idle: ")
                .containsPattern("2 busy groups: [1-9][0-9,]* writes/s");
        assertThat(Run.with("", "bench", "groups", folder.toString()).err()).contains("is not empty");
    }

    private static Run bench(FakeStore store, String... more) {
        String[] args = new String[more.length + 13];
        String[] common = {
            "bench",
            "--coordinators",
            store.address(),
            "--clients",
            "2",
            "--in-flight",
            "4",
            "--keys",
            "100",
            "--seconds",
            "1",
            "--warmup",
            "0"
        };
        System.arraycopy(common, 0, args, 0, common.length);
        System.arraycopy(more, 0, args, common.length, more.length);
        return Run.with("", args);
    }
}
