package io.raftkv.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.CoordinatorException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes over real JGroups channels, real logs and real sockets. */
@Timeout(60)
class CoordinatorClusterTest {
    @TempDir
    private Path folder;

    @Test
    void formsServesFromEveryNodeSurvivesItsLeaderAndARestart() {
        try (TestCluster cluster = new TestCluster(folder, 3).startAll()) {
            int leader = cluster.leader();
            int follower = cluster.follower();
            try (CoordinatorClient client = cluster.client(follower)) {
                client.setSlot("default", 2, "forwarded", false);
                assertThat(client.slots("default")).containsExactly(null, null, "forwarded");
                join(client, 1, ":8088");
                assertThat(client.query().format()).isEqualTo("{1 [1 1 1 1 1 1 1 1 1 1] map[1:[:8088]]}");
                assertThatThrownBy(() -> client.move(0, 9))
                        .isInstanceOf(CoordinatorException.class)
                        .hasMessageContaining("no such group 9");
                assertThat(client.info().nodes()).hasSize(3);
                assertThat(client.info().leader())
                        .isEqualTo(cluster.config(leader).listen().toString());
            }
            cluster.stop(leader);
            try (CoordinatorClient client = cluster.client()) {
                client.setSlot("default", 0, "after", false);
                assertThat(client.slots("default")).containsExactly("after", null, "forwarded");
                join(client, 2, ":9090");
            }
            cluster.start(leader);
            cluster.stopAll();
            cluster.startAll();
            try (CoordinatorClient client = cluster.client(leader)) {
                assertThat(client.slots("default")).containsExactly("after", null, "forwarded");
                assertThat(client.query().format()).isEqualTo("{2 [1 1 1 1 1 2 2 2 2 2] map[1:[:8088] 2:[:9090]]}");
            }
        }
    }

    private static void join(CoordinatorClient client, int gid, String address) {
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(gid, List.of(address));
        client.join(groups);
    }
}
