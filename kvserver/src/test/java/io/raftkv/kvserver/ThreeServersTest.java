package io.raftkv.kvserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three real servers over real sockets and files, without a coordinator. */
@Timeout(60)
class ThreeServersTest {
    private static final int SHARDS = 4;

    @TempDir
    Path folder;

    @Test
    void servesThroughTheLossOfALeaderAndARestartOfAll() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, SHARDS);
                RoutingClient client = new RoutingClient()) {
            cluster.startAll();
            HostPort first = cluster.address(0);
            awaitWritable(client, first);
            for (int i = 0; i < 200; i++) {
                assertThat(client.call(first, "SET", "key" + i, "value" + i)).isEqualTo(RespValue.ok());
            }
            assertThat(client.call(first, "GET", "key7")).isEqualTo(RespValue.bulk("value7"));
            assertThat(scanAll(client, first)).hasSize(200);
            assertAllServersNameTheSameLeaders(client, cluster);

            int leader = leaderOfShard0(client, cluster);
            cluster.stop(leader);
            HostPort other = cluster.address((leader + 1) % 3);
            long start = System.nanoTime();
            awaitWritable(client, other);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            assertAllReadable(client, other, 200);

            cluster.start(leader);
            for (int i = 0; i < 3; i++) {
                cluster.stop(i);
            }
            cluster.startAll();
            awaitWritable(client, first);
            assertAllReadable(client, first, 200);
        }
    }

    @Test
    void keepsTheOrderOfPipelinedCommandsOnOneKey() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 1, 1).startAll();
                RoutingClient client = new RoutingClient()) {
            awaitWritable(client, cluster.address(0));
            RespClient pipe = client.client(cluster.address(0));
            List<CompletableFuture<RespValue>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(pipe.send("SET", "k", "v" + i));
                answers.add(pipe.send("GET", "k"));
                answers.add(pipe.send("GETDEL", "k"));
                answers.add(pipe.send("EXISTS", "k", "k"));
            }
            answers.add(pipe.send("DBSIZE"));
            for (int i = 0; i < 200; i++) {
                assertThat(answers.get(4 * i + 1).get(10, TimeUnit.SECONDS)).isEqualTo(RespValue.bulk("v" + i));
                assertThat(answers.get(4 * i + 2).get(10, TimeUnit.SECONDS)).isEqualTo(RespValue.bulk("v" + i));
                assertThat(answers.get(4 * i + 3).get(10, TimeUnit.SECONDS)).isEqualTo(RespValue.integer(0));
            }
            assertThat(answers.get(800).get(10, TimeUnit.SECONDS).asLong()).isEqualTo(4);
        }
    }

    /** More than what makes the log worth a snapshot; small writes go on while it is taken. */
    @Test
    void comesBackFromASnapshotAndTheLogBehindIt() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 1, 1).startAll();
                RoutingClient client = new RoutingClient()) {
            HostPort server = cluster.address(0);
            awaitWritable(client, server);
            String large = "x".repeat(200_000);
            String session = client.ask(server, "RKV.SESSION", "OPEN", "k").asText();
            assertThat(client.ask(server, "RKV.ONCE", session, "2", "1", "APPEND", "once", "b"))
                    .isEqualTo(RespValue.integer(1));
            for (int i = 0; i < 60; i++) {
                assertThat(client.ask(server, "SET", "large" + i, large + i)).isEqualTo(RespValue.ok());
                client.ask(server, "INCR", "counter");
                client.ask(server, "DEL", "large" + (i - 40));
            }
            await().atMost(10, TimeUnit.SECONDS)
                    .until(() -> client.ask(server, "RKV.STATUS")
                                    .asList()
                                    .get(0)
                                    .asMap()
                                    .get("snapshot")
                                    .asLong()
                            > 0);
            client.ask(server, "INCR", "counter");
            assertThat(client.ask(server, "RKV.ONCE", session, "1", "1", "APPEND", "once", "a"))
                    .isEqualTo(RespValue.integer(2));
            cluster.stop(0);
            cluster.start(0);
            awaitWritable(client, server);
            // The first one was answered before the snapshot, the second one after it.
            assertThat(client.ask(server, "RKV.ONCE", session, "2", "1", "APPEND", "once", "b"))
                    .isEqualTo(RespValue.integer(1));
            assertThat(client.ask(server, "RKV.ONCE", session, "1", "1", "APPEND", "once", "a"))
                    .isEqualTo(RespValue.integer(2));
            assertThat(client.ask(server, "GET", "once")).isEqualTo(RespValue.bulk("ba"));
            assertThat(client.ask(server, "GET", "counter")).isEqualTo(RespValue.bulk("61"));
            for (int i = 0; i < 60; i++) {
                RespValue expected = i < 20 ? RespValue.nil() : RespValue.bulk(large + i);
                assertThat(client.ask(server, "GET", "large" + i)).isEqualTo(expected);
            }
        }
    }

    /** As a client does that got no answer: on another connection, by way of another server, from another leader. */
    @Test
    void executesOnceWhatIsSentAgain() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 1).startAll();
                RoutingClient client = new RoutingClient();
                RoutingClient other = new RoutingClient()) {
            HostPort any = cluster.address(0);
            awaitWritable(client, any);
            String session = client.call(any, "RKV.SESSION", "OPEN", "n").asText();
            String[] first = {"RKV.ONCE", session, "1", "1", "INCR", "n"};
            List<CompletableFuture<RespValue>> copies = new ArrayList<>();
            HostPort leader = cluster.address(leaderOfShard0(client, cluster));
            for (int i = 0; i < 20; i++) {
                copies.add(client.client(leader).send(first));
                copies.add(other.client(leader).send(first));
            }
            for (CompletableFuture<RespValue> copy : copies) {
                assertThat(copy.get(10, TimeUnit.SECONDS)).isEqualTo(RespValue.integer(1));
            }
            int lost = leaderOfShard0(client, cluster);
            cluster.stop(lost);
            HostPort left = cluster.address((lost + 1) % 3);
            awaitWritable(other, left);
            assertThat(other.call(left, first)).isEqualTo(RespValue.integer(1));
            assertThat(other.call(left, "RKV.ONCE", session, "2", "2", "INCR", "n"))
                    .isEqualTo(RespValue.integer(2));
            assertThat(other.call(left, first))
                    .matches(answer -> answer.errorMessage().startsWith("ALREADYACKED "));
            assertThat(other.call(left, "GET", "n")).isEqualTo(RespValue.bulk("2"));
        }
    }

    @Test
    void forgetsASessionThatNobodyUses() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 1, 1);
                KvServer server = KvServer.start(
                        cluster.config(0).toBuilder().clientSessionTtlMs(1_000).build());
                RoutingClient client = new RoutingClient()) {
            HostPort address = server.address();
            awaitWritable(client, address);
            String idle = client.ask(address, "RKV.SESSION", "OPEN", "k").asText();
            String busy = client.ask(address, "RKV.SESSION", "OPEN", "k").asText();
            assertThat(sessions(client, address)).isEqualTo(2);
            await().atMost(10, TimeUnit.SECONDS)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        assertThat(client.ask(address, "RKV.ONCE", busy, "1", "1", "SETNX", "k", "v"))
                                .isEqualTo(RespValue.integer(1));
                        return sessions(client, address) == 1;
                    });
            assertThat(client.ask(address, "RKV.ONCE", idle, "1", "1", "SET", "k", "w"))
                    .matches(answer -> answer.errorMessage().startsWith("SESSIONEXPIRED "));
            assertThat(client.ask(address, "GET", "k")).isEqualTo(RespValue.bulk("v"));
        }
    }

    private static long sessions(RoutingClient client, HostPort server) throws Exception {
        return client.ask(server, "RKV.STATUS")
                .asList()
                .get(0)
                .asMap()
                .get("sessions")
                .asLong();
    }

    @Test
    void namesAPortThatIsTaken() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 2, 1).startAll()) {
            assertThatThrownBy(() -> KvServer.start(cluster.config(1).toBuilder()
                            .listen(cluster.address(0))
                            .data(folder.resolve("other"))
                            .build()))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(Integer.toString(cluster.address(0).port()));
        }
    }

    private static void awaitWritable(RoutingClient client, HostPort server) {
        await().atMost(20, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(20)).untilAsserted(() -> {
            for (String probe : List.of("{a}probe", "{b}probe", "{c}probe", "{d}probe")) {
                assertThat(client.tryCall(server, "SET", probe, "1")).isEqualTo(RespValue.ok());
            }
        });
    }

    private static void assertAllReadable(RoutingClient client, HostPort server, int keys) throws Exception {
        for (int i = 0; i < keys; i++) {
            assertThat(client.call(server, "GET", "key" + i)).isEqualTo(RespValue.bulk("value" + i));
        }
    }

    private static Set<String> scanAll(RoutingClient client, HostPort server) throws Exception {
        Set<String> keys = new HashSet<>();
        String cursor = "0";
        do {
            HostPort target = server;
            List<RespValue> page = client.call(target, "RKV.SCAN", cursor, "MATCH", "key*", "COUNT", "7")
                    .asList();
            page.get(1).asList().forEach(key -> assertThat(keys.add(key.asText()))
                    .isTrue());
            cursor = page.get(0).asText();
        } while (!cursor.equals("0"));
        return keys;
    }

    private static void assertAllServersNameTheSameLeaders(RoutingClient client, TestCluster cluster) {
        await().atMost(10, TimeUnit.SECONDS).untilAsserted(() -> {
            RespValue slots = client.ask(cluster.address(0), "CLUSTER", "SLOTS");
            assertThat(slots.asList()).isNotEmpty();
            assertThat(ranges(client.ask(cluster.address(1), "CLUSTER", "SLOTS")))
                    .isEqualTo(ranges(slots));
            assertThat(ranges(client.ask(cluster.address(2), "CLUSTER", "SLOTS")))
                    .isEqualTo(ranges(slots));
        });
    }

    private static List<List<RespValue>> ranges(RespValue slots) {
        return slots.asList().stream().map(row -> row.asList().subList(0, 3)).toList();
    }

    private static int leaderOfShard0(RoutingClient client, TestCluster cluster) throws Exception {
        int port = (int) client.ask(cluster.address(0), "CLUSTER", "SLOTS")
                .asList()
                .get(0)
                .asList()
                .get(2)
                .asList()
                .get(1)
                .asLong();
        for (int i = 0; i < 3; i++) {
            if (cluster.address(i).port() == port) {
                return i;
            }
        }
        throw new AssertionError("no server has port " + port);
    }
}
