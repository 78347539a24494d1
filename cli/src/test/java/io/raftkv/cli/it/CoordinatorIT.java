package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.RaftCallBack;
import io.raftkv.callback.RaftClient;
import io.raftkv.callback.RaftClientImp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Three coordinators as processes, 10 shards, one cluster for all tests in their order. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CoordinatorIT {
    @TempDir
    static Path folder;

    private static Processes cluster;

    @BeforeAll
    static void start() {
        cluster = new Processes(folder, 3, 0, 10);
        cluster.startCoordinators();
        cluster.awaitCoordinator();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** Notes each callback as a line. */
    private static final class Notes implements RaftCallBack {
        final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        @Override
        public void onBecomeLeader(RaftClientImp client) {
            lines.add("become leader");
        }

        @Override
        public void onSelectLeaderFailed(RaftClientImp client) {
            lines.add("select leader failed");
        }

        @Override
        public void onLeaderFailed(int epoch) {
            lines.add("leader failed " + epoch);
        }

        @Override
        public void onMemberJoin(int idx, String address) {
            lines.add("join " + idx + " " + address);
        }

        @Override
        public void onMemberLeave(String address) {
            lines.add("leave " + address);
        }

        void awaitLine(String line) {
            await().atMost(Duration.ofSeconds(15)).until(() -> lines.contains(line));
        }
    }

    private static ClientConfig config() {
        return ClientConfig.of(cluster.coordinators());
    }

    @Test
    @Order(1)
    void theSessionOfTheShardController() {
        assertThat(cluster.ctl(
                        "query",
                        "join 1 :8088,:8089,:8090",
                        "query",
                        "join 2 :9090,:9091,:9092",
                        "query",
                        "join 3 :9081,:9082,:9083",
                        "query",
                        "leave 1",
                        "query"))
                .isEqualTo("""
                        {0 [0 0 0 0 0 0 0 0 0 0] map[]}
                        ok
                        {1 [1 1 1 1 1 1 1 1 1 1] map[1:[:8088 :8089 :8090]]}
                        ok
                        {2 [1 1 1 1 1 2 2 2 2 2] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]]}
                        ok
                        {3 [1 1 1 1 3 2 2 2 3 3] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092] 3:[:9081 :9082 :9083]]}
                        ok
                        {4 [2 3 2 3 3 2 2 2 3 3] map[2:[:9090 :9091 :9092] 3:[:9081 :9082 :9083]]}
                        """);
    }

    @Test
    @Order(2)
    void wrongCommandsChangeNothing() {
        String before = cluster.ctl("query");
        for (String wrong : List.of(
                "join 2 :9090,:9091,:9092",
                "join 4 :9081",
                "leave 9",
                "move 3 9",
                "move 10 2",
                "join x :1",
                "nonsense",
                "setslot -1 x")) {
            Processes.Result result = Processes.run(wrong + "\n", "ctl", "--coordinators", cluster.coordinators());
            assertThat(result.code()).as(wrong).isEqualTo(1);
            assertThat(result.err()).as(wrong).isNotBlank();
        }
        assertThat(cluster.ctl("query")).isEqualTo(before);
        assertThat(cluster.ctl("move 0 3", "query 5").lines().toList())
                .containsExactly("ok", "{5 [3 3 2 3 3 2 2 2 3 3] map[2:[:9090 :9091 :9092] 3:[:9081 :9082 :9083]]}");
    }

    @Test
    @Order(3)
    void electsByEpochAndTellsEverybody() throws Exception {
        Notes a = new Notes();
        Notes b = new Notes();
        try (RaftClient first = new RaftClient(a)) {
            first.connect(config());
            first.join(0, "127.0.0.1:1000");
            try (RaftClient second = new RaftClient(b)) {
                second.connect(config());
                second.join(1, "127.0.0.1:1001");
                a.awaitLine("join 1 127.0.0.1:1001");
                second.electLeader(1);
                b.awaitLine("become leader");
                first.electLeader(1);
                a.awaitLine("select leader failed");
                second.setSlot(3, "of epoch 1", 1);
                assertThat(first.getCurrentSlot()).containsExactly(null, null, null, "of epoch 1");
                assertThat(first.getCurrentAlive()).containsExactlyInAnyOrder("127.0.0.1:1000", "127.0.0.1:1001");
            }
            a.awaitLine("leave 127.0.0.1:1001");
            a.awaitLine("leader failed 1");
            first.electLeader(2);
            a.awaitLine("become leader");
            Assertions.assertThatThrownBy(() -> first.setSlot(3, "late", 1)).isInstanceOf(CoordinatorException.class);
            assertThat(b.lines).doesNotContain("leader failed 1");
        }
    }

    @Test
    @Order(4)
    void goesOnWithoutItsLeader() throws Exception {
        Notes notes = new Notes();
        Notes others = new Notes();
        try (RaftClient client = new RaftClient(notes);
                RaftClient other = new RaftClient(others)) {
            client.connect(config());
            client.join(0, "127.0.0.1:1000");
            client.electLeader(10);
            notes.awaitLine("become leader");
            int leader = leaderPort();
            cluster.kill(leader);
            client.setSlot(7, "after the kill", 10);
            assertThat(client.getCurrentSlot().get(7)).isEqualTo("after the kill");
            other.connect(config());
            other.join(5, "127.0.0.1:1005");
            notes.awaitLine("join 5 127.0.0.1:1005");
            other.electLeader(10);
            others.awaitLine("select leader failed");
            assertThat(notes.lines).filteredOn("become leader"::equals).hasSize(1);
            cluster.startCoordinator(cluster.coordinatorPorts().indexOf(leader));
        }
    }

    @Test
    @Order(5)
    void keepsSlotsEpochsAndMapOverARestartOfAll() throws Exception {
        String map = cluster.ctl("query");
        List<String> slots;
        try (CoordinatorClient client = CoordinatorClient.open(config())) {
            slots = client.slots("default");
        }
        cluster.killAll();
        cluster.startCoordinators();
        cluster.awaitCoordinator();
        assertThat(cluster.ctl("query")).isEqualTo(map);
        Notes notes = new Notes();
        try (RaftClient client = new RaftClient(notes)) {
            client.connect(config());
            assertThat(client.getCurrentSlot()).isEqualTo(slots);
            client.join(0, "127.0.0.1:1000");
            client.electLeader(10);
            notes.awaitLine("select leader failed");
            client.electLeader(11);
            notes.awaitLine("become leader");
        }
    }

    @Test
    @Order(6)
    void aNodeIsAddedAndTheLeaderRemoved() {
        String map = cluster.ctl("query");
        int fresh = cluster.startNewCoordinator();
        assertThat(cluster.ctl("coordinator add 127.0.0.1:" + fresh))
                .contains("ok, 4 nodes: ", "127.0.0.1:" + fresh, "4 nodes survive no more failures than 3");
        assertThat(cluster.output(fresh)).contains("to make it one: raftkv ctl coordinator add 127.0.0.1:" + fresh);
        int leader = leaderPort();
        assertThat(cluster.ctl("coordinator remove 127.0.0.1:" + leader))
                .contains("ok, 3 nodes: ")
                .doesNotContain("127.0.0.1:" + leader + ",");
        await().atMost(Duration.ofSeconds(15)).until(() -> cluster.output(leader)
                .contains("this node was removed from the coordinator's cluster; ask "));
        Processes.Result asked = Processes.run("", "ctl", "--coordinators", "127.0.0.1:" + leader, "query");
        assertThat(asked.out()).as("it shows the way").isEqualTo(map);
        cluster.kill(leader);
        Processes.Result again = Processes.run(
                "",
                "coordinator",
                "--listen",
                "127.0.0.1:" + leader,
                "--cluster-size",
                "3",
                "--data",
                folder.resolve("coordinator-" + leader).toString());
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err())
                .contains("was removed from its cluster", "raftkv ctl coordinator add 127.0.0.1:" + leader);
        assertThat(cluster.ctl("coordinator list", "query"))
                .contains("follower", "leader")
                .endsWith(map);
    }

    private static int leaderPort() {
        try (CoordinatorClient client = CoordinatorClient.open(config())) {
            String leader = client.info().leader();
            assertThat(leader).isNotNull();
            return Integer.parseInt(leader.substring(leader.lastIndexOf(':') + 1));
        }
    }
}
