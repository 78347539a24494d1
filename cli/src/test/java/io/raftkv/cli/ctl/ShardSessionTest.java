package io.raftkv.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.cli.Run;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.coordinator.Coordinator;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole session on a real coordinator with ten shards, letter by letter. */
@Timeout(60)
class ShardSessionTest {
    @TempDir
    Path folder;

    @Test
    void balancesShardsOverGroups() throws Exception {
        HostPort any = new HostPort("127.0.0.1", 0);
        CoordinatorConfig config = CoordinatorConfig.builder()
                .listen(any)
                .clusterSize(1)
                .clusterName("session")
                .data(folder)
                .shards(10)
                .jgroupsPort(0)
                .build();
        try (Coordinator coordinator = Coordinator.start(config)) {
            Run run =
                    Run.with("""
                    query
                    join 1 :8088,:8089,:8090
                    query
                    join 2 :9090,:9091,:9092
                    query
                    join 3 :10001,:10002,:10003
                    query
                    leave 1
                    query
                    move 0 3
                    query
                    query 1
                    leave 9
                    exit
                    """, "ctl", "--coordinators", coordinator.address().toString(), "--timeout", "20s");
            assertThat(run.out().lines().toList())
                    .isEqualTo(List.of(
                            "{0 [0 0 0 0 0 0 0 0 0 0] map[]}",
                            "ok",
                            "{1 [1 1 1 1 1 1 1 1 1 1] map[1:[:8088 :8089 :8090]]}",
                            "ok",
                            "{2 [1 1 1 1 1 2 2 2 2 2] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]]}",
                            "ok",
                            "{3 [1 1 1 1 3 2 2 2 3 3] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]"
                                    + " 3:[:10001 :10002 :10003]]}",
                            "ok",
                            "{4 [2 3 2 3 3 2 2 2 3 3] map[2:[:9090 :9091 :9092] 3:[:10001 :10002 :10003]]}",
                            "ok",
                            "{5 [3 3 2 3 3 2 2 2 3 3] map[2:[:9090 :9091 :9092] 3:[:10001 :10002 :10003]]}",
                            "{1 [1 1 1 1 1 1 1 1 1 1] map[1:[:8088 :8089 :8090]]}"));
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).startsWith("(error) NOSUCHGROUP");
        }
    }
}
