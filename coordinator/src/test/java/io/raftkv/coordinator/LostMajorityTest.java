package io.raftkv.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.CoordinatorNodes;
import io.raftkv.raft.driver.UnsafeRecovery;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three of five nodes are lost for good, and the others are made to go on without them. */
@Timeout(180)
class LostMajorityTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int GAP = 1 << 20;

    @TempDir
    private Path folder;

    @Test
    void thoseThatSurvivedGoOnAndTheLostOnesAreTurnedAway() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 5).startAll()) {
            cluster.leader();
            long session;
            long mapVersion;
            try (CoordinatorClient client = cluster.client()) {
                client.setSlot("kept", 0, "value", false);
                session = openSession(client);
                assertThat(elect(client, session, 7).asList().get(0).asLong()).isEqualTo(1);
                mapVersion = client.join(new TreeMap<>(Map.of(1, List.of("127.0.0.1:1"))));
            }
            // Whoever holds the write for sure survives.
            int leader = cluster.leader();
            int other = cluster.follower();
            List<Integer> lost = IntStream.range(0, 5)
                    .filter(node -> node != leader && node != other)
                    .boxed()
                    .toList();
            cluster.stopAll();

            UnsafeRecovery.Plan plan = recover(cluster, leader, other);
            assertThat(plan.lost()).hasSize(3);
            assertThat(recovery(cluster, leader, other).plan(1))
                    .as("nothing is left to do")
                    .isNull();

            cluster.start(leader);
            cluster.start(other);
            try (CoordinatorClient client = cluster.client(leader, other)) {
                CoordinatorNodes nodes = settled(client, 2);
                assertThat(nodes.nodes())
                        .filteredOn(CoordinatorNodes.Row::isVoter)
                        .extracting(CoordinatorNodes.Row::address)
                        .containsExactlyInAnyOrder(cluster.address(leader), cluster.address(other));
                assertThat(client.slots("kept")).containsExactly("value");

                // Nothing that the lost ones may have given out is given out again.
                assertThatThrownBy(() -> elect(client, session, 9)).hasMessageContaining("SESSIONEXPIRED");
                long next = openSession(client);
                assertThat(next).isGreaterThan(session + GAP);
                assertThat(elect(client, next, 8))
                        .as("an epoch that may have been used")
                        .isEqualTo(claim(0, 7 + GAP, 0));
                assertThat(elect(client, next, 8 + GAP)).isEqualTo(claim(1, 8 + GAP, next));
                assertThat(client.query().version()).isEqualTo(mapVersion + GAP);

                int fresh = cluster.newNode();
                cluster.start(fresh);
                Awaitility.await()
                        .atMost(LONG)
                        .ignoreExceptions()
                        .until(() -> client.addNode(cluster.address(fresh)) > 0);
                settled(client, 3);

                Coordinator back = cluster.start(lost.get(0));
                Awaitility.await().atMost(LONG).until(back::isRemoved);
                settled(client, 3);
            }
            cluster.stopAll();

            cluster.start(leader);
            cluster.start(other);
            try (CoordinatorClient client = cluster.client(leader, other)) {
                settled(client, 3);
                assertThat(client.slots("kept")).containsExactly("value");
            }
        }
    }

    private static UnsafeRecovery.Plan recover(TestCluster cluster, int... survivors) throws IOException {
        UnsafeRecovery recovery = recovery(cluster, survivors);
        UnsafeRecovery.Plan plan = recovery.plan(1);
        assertThat(plan).isNotNull();
        recovery.execute(List.of(plan));
        return plan;
    }

    private static UnsafeRecovery recovery(TestCluster cluster, int... survivors) throws IOException {
        List<Disk> folders = new ArrayList<>();
        for (int survivor : survivors) {
            folders.add(new FileDisk(cluster.config(survivor).data()));
        }
        return new UnsafeRecovery(folders);
    }

    /** Once no change is under way and there are so many members. */
    private static CoordinatorNodes settled(CoordinatorClient client, int members) {
        List<CoordinatorNodes> last = new ArrayList<>();
        Awaitility.await().atMost(LONG).ignoreExceptions().untilAsserted(() -> {
            CoordinatorNodes nodes = client.nodes();
            assertThat(nodes.change()).isNull();
            assertThat(nodes.nodes())
                    .filteredOn(row -> !row.state().equals("removed"))
                    .hasSize(members);
            last.add(nodes);
        });
        return last.get(last.size() - 1);
    }

    private static long openSession(CoordinatorClient client) throws Exception {
        return ask(client, "SESSION.OPEN", "kept", "600000").asList().get(0).asLong();
    }

    private static RespValue elect(CoordinatorClient client, long session, int epoch) throws Exception {
        return ask(client, "ELECT", Long.toString(session), Integer.toString(epoch));
    }

    private static RespValue claim(int won, int epoch, long leader) {
        return RespValue.array(RespValue.integer(won), RespValue.integer(epoch), RespValue.integer(leader));
    }

    private static RespValue ask(CoordinatorClient client, String... command) throws Exception {
        return client.call(command).get(30, TimeUnit.SECONDS);
    }
}
