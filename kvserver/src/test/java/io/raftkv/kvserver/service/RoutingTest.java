package io.raftkv.kvserver.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.callback.KeySlot;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.shard.FakeGroup;
import io.raftkv.raft.RaftException;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is asked, and what is said while nobody or somebody else leads. */
@Timeout(30)
class RoutingTest {
    private static final int SHARDS = 2;
    private FakeServer server;
    private RespClient client;

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer(SHARDS);
        client = server.client();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static RespValue get(CompletableFuture<RespValue> future) throws Exception {
        return future.get(5, TimeUnit.SECONDS);
    }

    private FakeGroup groupOf(String key) {
        return server.groups.get(KeySlot.shardOf(KeySlot.of(key), SHARDS));
    }

    private static RespValue movedToOther(String key) {
        return RespValue.error("MOVED " + KeySlot.of(key) + " 127.0.0.1:7002");
    }

    @Test
    void namesTheLeaderIfAnotherLeads() throws Exception {
        groupOf("foo").lead(FakeGroup.OTHER, 2, false);
        assertThat(server.call("GET", "foo")).isEqualTo(movedToOther("foo"));
        assertThat(server.call("SET", "foo", "1")).isEqualTo(movedToOther("foo"));
        assertThat(server.call("RKV.SCAN", Long.toString((long) KeySlot.of("foo") << 48)))
                .isEqualTo(movedToOther("foo"));
    }

    @Test
    void holdsRequestsDuringAnElectionAndServesThemInOrderWhenItWins() throws Exception {
        FakeGroup group = groupOf("foo");
        group.lead(null, 2, false);
        List<CompletableFuture<RespValue>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(client.send("APPEND", "foo", i + ","));
            answers.add(client.send("GET", "foo"));
        }
        assertThat(get(server.client().send("PING"))).isEqualTo(RespValue.simple("PONG"));
        group.lead(FakeGroup.SELF, 2, true);
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            expected.append(i).append(',');
            assertThat(get(answers.get(2 * i))).isEqualTo(RespValue.integer(expected.length()));
            assertThat(get(answers.get(2 * i + 1))).isEqualTo(RespValue.bulk(expected.toString()));
        }
    }

    /** Their entries go out with the first one of its term, and not a round later. */
    @Test
    void takesRequestsAsSoonAsItLeads() throws Exception {
        FakeGroup group = groupOf("foo");
        group.lead(null, 2, false);
        CompletableFuture<RespValue> write = client.send("SET", "foo", "1");
        group.keepBack();
        group.lead(FakeGroup.SELF, 2, false);
        await().until(() -> group.proposals() == 1);
        assertThat(write).isNotDone();
        group.release();
        assertThat(get(write)).isEqualTo(RespValue.simple("OK"));
    }

    @Test
    void sendsHeldRequestsToTheNewLeader() throws Exception {
        groupOf("foo").lead(null, 2, false);
        CompletableFuture<RespValue> held = client.send("GET", "foo");
        CompletableFuture<RespValue> write = client.send("SET", "foo", "1");
        groupOf("foo").lead(FakeGroup.OTHER, 2, false);
        assertThat(get(held)).isEqualTo(movedToOther("foo"));
        assertThat(get(write)).isEqualTo(movedToOther("foo"));
    }

    @Test
    void saysThatTheClusterIsDownOnlyAfterAWhile() throws Exception {
        groupOf("foo").lead(null, 2, false);
        long start = System.nanoTime();
        assertThat(server.call("GET", "foo")).isEqualTo(RespValue.error("CLUSTERDOWN The cluster is down"));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(1_400L, 1_990L);
    }

    /** Which happens in every move, to clients that take an error for what it says. */
    @Test
    void holdsRequestsWhileItHandsOverAndSendsThemToTheNextLeader() throws Exception {
        FakeGroup group = groupOf("foo");
        group.failWith(() -> new RaftException.HandingOver(1));
        List<CompletableFuture<RespValue>> answers =
                List.of(client.send("SET", "foo", "1"), client.send("GET", "foo"), client.send("INCR", "foo"));
        assertThat(get(server.client().send("PING"))).isEqualTo(RespValue.simple("PONG"));
        group.failWith(() -> new RaftException.NotLeader(FakeGroup.OTHER));
        group.lead(FakeGroup.OTHER, 3, false);
        for (CompletableFuture<RespValue> answer : answers) {
            assertThat(get(answer)).isEqualTo(movedToOther("foo"));
        }
    }

    /** The last thing that a replica hears of a leader may be that it left the group. */
    @Test
    void sendsRequestsToTheLastLeaderOnceItLeftTheGroup() throws Exception {
        FakeGroup group = groupOf("foo");
        group.lead(FakeGroup.OTHER, 3, false);
        group.lead(null, 3, false);
        CompletableFuture<RespValue> held = client.send("SET", "foo", "1");
        assertThat(get(server.client().send("PING"))).isEqualTo(RespValue.simple("PONG"));
        group.leave();
        assertThat(get(held)).isEqualTo(movedToOther("foo"));
        group.lead(null, 3, false);
        assertThat(server.call("GET", "foo")).isEqualTo(movedToOther("foo"));
    }

    @Test
    void goesOnInOrderIfItKeepsTheLead() throws Exception {
        FakeGroup group = groupOf("foo");
        group.failWith(() -> new RaftException.HandingOver(1));
        List<CompletableFuture<RespValue>> answers =
                List.of(client.send("SET", "foo", "1"), client.send("GET", "foo"), client.send("INCR", "foo"));
        assertThat(get(server.client().send("PING"))).isEqualTo(RespValue.simple("PONG"));
        group.failWith(null);
        assertThat(get(answers.get(0))).isEqualTo(RespValue.ok());
        assertThat(get(answers.get(1))).isEqualTo(RespValue.bulk("1"));
        assertThat(get(answers.get(2))).isEqualTo(RespValue.integer(2));
    }

    @Test
    void tellsBusyAndUnknownOutcomes() throws Exception {
        groupOf("foo").failWith(() -> new RaftException.Busy("the log is full", 50));
        assertThat(server.call("SET", "foo", "1").errorMessage())
                .startsWith("BUSY shard ")
                .contains("retry in 50 ms");
        groupOf("foo").failWith(() -> new RaftException.OutcomeUnknown("it was deposed"));
        assertThat(server.call("SET", "foo", "1").errorMessage()).startsWith("UNKNOWN the write may have been applied");
        groupOf("foo").failWith(() -> new RaftException.NotLeader(FakeGroup.OTHER));
        assertThat(server.call("SET", "foo", "1")).isEqualTo(movedToOther("foo"));
        groupOf("foo").failWith(null);
        assertThat(server.call("SET", "foo", "1")).isEqualTo(RespValue.ok());
    }

    @Test
    void triesAgainWhatWasRefusedWithoutALeaderAndNeverTellsAClientToAskItself() throws Exception {
        groupOf("foo").failWith(() -> new RaftException.NotLeader(FakeGroup.SELF));
        CompletableFuture<RespValue> write = client.send("SET", "foo", "1");
        CompletableFuture<RespValue> read = client.send("GET", "foo");
        assertThat(get(server.client().send("PING"))).isEqualTo(RespValue.simple("PONG"));
        groupOf("foo").failWith(null);
        assertThat(get(write)).isEqualTo(RespValue.ok());
        assertThat(get(read)).isEqualTo(RespValue.bulk("1"));
    }

    @Test
    void aReadWaitsForTheWriteBeforeItOnTheSameKeyOnly() throws Exception {
        groupOf("foo").keepBack();
        CompletableFuture<RespValue> write = client.send("SET", "foo", "1");
        CompletableFuture<RespValue> read = client.send("GET", "foo");
        RespClient another = server.client();
        assertThat(get(another.send("GET", "foo"))).isEqualTo(RespValue.nil());
        CompletableFuture<RespValue> size = client.send("DBSIZE");
        CompletableFuture<RespValue> scan = client.send("SCAN", "0", "COUNT", "100");
        groupOf("foo").release();
        assertThat(get(write)).isEqualTo(RespValue.ok());
        assertThat(get(read)).isEqualTo(RespValue.bulk("1"));
        assertThat(get(size)).isEqualTo(RespValue.integer(1));
        assertThat(get(scan).asList().get(1).asList()).containsExactly(RespValue.bulk("foo"));
    }

    @Test
    void refusesWhatIsTooLong() throws Exception {
        server.close();
        server = new FakeServer(1, new Limits(10, 100));
        assertThat(server.call("GET", "12345678901").errorMessage())
                .isEqualTo("ERR key of 11 bytes is longer than the limit of 10 bytes");
        assertThat(server.call("SET", "k", "v".repeat(101)).errorMessage()).startsWith("ERR string exceeds");
        assertThat(server.call("SET", "k", "v".repeat(100))).isEqualTo(RespValue.ok());
        assertThat(server.call("APPEND", "k", "v").errorMessage()).startsWith("ERR string exceeds");
        assertThat(server.call("GET", "k")).isEqualTo(RespValue.bulk("v".repeat(100)));
    }

    @Test
    void keepsBinaryKeysAndValues() throws Exception {
        byte[] key = {0, (byte) 0xff, '\r', '\n', (byte) 0x80};
        byte[] value = new byte[60_000];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) i;
        }
        assertThat(get(client.send("SET".getBytes(), key, value))).isEqualTo(RespValue.ok());
        assertThat(get(client.send("GET".getBytes(), key))).isEqualTo(RespValue.bulk(value));
        assertThat(server.call("SET", "order1", "негатив")).isEqualTo(RespValue.ok());
        assertThat(server.call("GET", "order1")).isEqualTo(RespValue.bulk("негатив"));
    }

    @Test
    void scansAllThatItLeadsAndSkipsWhatOthersLead() throws Exception {
        Set<String> all = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            all.add("key" + i);
            client.send("SET", "key" + i, "v");
        }
        assertThat(server.call("DBSIZE")).isEqualTo(RespValue.integer(300));
        assertThat(scan("SCAN")).isEqualTo(all);
        assertThat(scan("RKV.SCAN")).isEqualTo(all);
        server.groups.get(0).lead(FakeGroup.OTHER, 2, false);
        Set<String> rest = new HashSet<>(all);
        rest.removeIf(key -> KeySlot.shardOf(KeySlot.of(key), SHARDS) == 0);
        assertThat(scan("SCAN")).isEqualTo(rest);
        assertThat(server.call("DBSIZE")).isEqualTo(RespValue.integer(rest.size()));
    }

    private Set<String> scan(String command) throws Exception {
        Set<String> keys = new HashSet<>();
        String cursor = "0";
        do {
            List<RespValue> page = server.call(command, cursor, "COUNT", "13").asList();
            page.get(1).asList().forEach(key -> assertThat(keys.add(key.asText()))
                    .isTrue());
            cursor = page.get(0).asText();
        } while (!cursor.equals("0"));
        return keys;
    }

    @Test
    void tellsTheStatusOfItsShards() throws Exception {
        server.call("SET", "foo", "1");
        server.groups.get(0).lead(FakeGroup.OTHER, 2, false);
        var rows = server.call("RKV.STATUS").asList();
        assertThat(rows).hasSize(SHARDS);
        assertThat(rows.get(0).asMap().get("state").asText()).isEqualTo("following");
        assertThat(rows.get(0).asMap().get("leader").asText()).isEqualTo("127.0.0.1:7002");
        assertThat(rows.get(1).asMap().get("state").asText()).isEqualTo("serving");
        assertThat(rows.get(1).asMap().get("role").asText()).isEqualTo("leader");
        server.table.setWaiting(java.util.Map.of(7, "waiting for servers: 127.0.0.1:7003"));
        assertThat(server.call("RKV.STATUS")
                        .asList()
                        .get(2)
                        .asMap()
                        .get("state")
                        .asText())
                .isEqualTo("waiting for servers: 127.0.0.1:7003");
    }

    @Test
    void showsAChangeOfLeaderAtOnce() throws Exception {
        assertThat(server.call("CLUSTER", "SLOTS").asList()).hasSize(1);
        server.groups.get(1).lead(FakeGroup.OTHER, 2, false);
        await().until(() -> server.call("CLUSTER", "SLOTS").asList().size() == 2);
        assertThat(server.call("CLUSTER", "NODES").asText())
                .contains("myself,master - 0 0 4 connected 0-8191\n")
                .contains("7002@7002 master - 0 0 4 connected 8192-16383\n");
    }

    @Test
    void aServerWithoutASessionIsDownUnlessItLeads() throws Exception {
        server.table.setAlive(List.of());
        assertThat(server.call("CLUSTER", "NODES").asText()).contains("7002@7002 master,fail - 0 0 4 disconnected\n");
        assertThat(server.call("CLUSTER", "SLOTS").asList().get(0).asList()).hasSize(3);
        server.groups.get(0).lead(FakeGroup.OTHER, 2, false);
        assertThat(server.call("CLUSTER", "NODES").asText()).contains("7002@7002 master - 0 0 4 connected 0-8191\n");
    }

    @Test
    void answersTheQuestionsOfClientsThatConnect() throws Exception {
        RespValue hello = server.call("HELLO", "3");
        assertThat(hello.asMap().get("mode").asText()).isEqualTo("cluster");
        assertThat(server.call("INFO").asText())
                .contains("cluster_enabled:1\r\n", "redis_mode:cluster\r\n", "loading:0\r\n", "role:master\r\n");
        assertThat(server.call("INFO", "clients").asText()).startsWith("# Clients\r\nconnected_clients:1\r\n");
        assertThat(server.call("COMMAND").asList()).hasSizeGreaterThan(30);
        assertThat(server.call("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2").asList())
                .containsExactly(RespValue.bulk("a"), RespValue.bulk("b"));
        assertThat(server.call("CLUSTER", "SHARDS").asList()).hasSize(SHARDS);
        assertThat(server.call("CLIENT", "SETINFO", "LIB-NAME", "test")).isEqualTo(RespValue.ok());
    }
}
