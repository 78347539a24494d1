package io.raftkv.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.cli.FakeStore;
import io.raftkv.cli.Run;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
    void keepsToARateAndTellsItMeanwhile() throws Exception {
        try (FakeStore store = new FakeStore()) {
            Run run = bench(store, 3, "--workload", "set", "--rate", "400", "--every", "1");
            assertThat(run.code()).isZero();
            assertThat(run.out()).contains("400 ops/s wanted").containsPattern("\\n[1-9][0-9]{0,2} ops/s");
            assertThat(run.err()).containsPattern(" 1 s: [1-9][0-9]{0,2} ops/s");
            assertThat(bench(store, "--rate", "1").err()).contains("--rate 1 is too little");
        }
    }

    @Test
    void waitingForTheTurnCountsWhenALaneIsLate() {
        Plan plan = new Plan(Plan.Workload.SET, 2, 2, 3, 10, 10, 120, 1, 0);
        Schedule second = Schedule.of(plan, 1, 1_000);
        assertThat(second.next(0)).isEqualTo(25_001_000);
        assertThat(second.next(1_000_000_000)).isEqualTo(125_001_000);
        assertThat(Schedule.free().next(7)).isEqualTo(7);
    }

    @Test
    void writesAgainWhatFailedWhileALeaderChanged() {
        Filling filling = new Filling(2, i -> new byte[][] {{'S'}, {(byte) i}});
        byte[][] first = next(filling);
        byte[][] second = next(filling);
        assertThat(next(filling)).isNull();
        filling.answered(first, "MOVED", System.nanoTime());
        filling.answered(second, null, System.nanoTime());
        assertThat(next(filling)).isSameAs(first);
        filling.answered(first, null, System.nanoTime());
        assertThat(next(filling)).isNull();
        filling.check();
    }

    @Test
    void aFillGivesUpWhenTheErrorWillNotPass() {
        Filling full = new Filling(2, i -> new byte[][] {{'S'}, {(byte) i}});
        full.answered(next(full), "OOM", System.nanoTime());
        assertThat(next(full)).isNull();
        assertThatThrownBy(full::check).hasMessage("the keys could not be written: OOM");

        Filling leaderless = new Filling(2, i -> new byte[][] {{'S'}, {(byte) i}});
        long patience = TimeUnit.SECONDS.toNanos(Filling.PATIENCE_SECONDS + 1);
        leaderless.answered(next(leaderless), "CLUSTERDOWN", System.nanoTime() + patience);
        assertThatThrownBy(leaderless::check).hasMessage("the keys could not be written: CLUSTERDOWN");
    }

    private static byte[][] next(Filling filling) {
        return filling.next(new SplittableRandom(1));
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
        return bench(store, 1, more);
    }

    private static Run bench(FakeStore store, int seconds, String... more) {
        List<String> args = new ArrayList<>(List.of("bench", "--coordinators", store.address()));
        args.addAll(List.of("--clients", "2", "--in-flight", "4", "--keys", "100"));
        args.addAll(List.of("--seconds", Integer.toString(seconds), "--warmup", "0"));
        args.addAll(List.of(more));
        return Run.with("", args.toArray(String[]::new));
    }
}
