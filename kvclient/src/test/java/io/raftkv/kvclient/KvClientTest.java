package io.raftkv.kvclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.KeySlot;
import io.raftkv.kvclient.KvClientConfig.Writes;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class KvClientTest {
    private FakeCluster cluster;
    private KvClient client;

    @BeforeEach
    void start() throws Exception {
        cluster = new FakeCluster(4, 2);
        client = KvClient.connect(cluster.config().withRequestTimeoutMs(3_000));
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void putsGetsAppendsDeletesAndCounts() {
        assertThat(client.get("hello")).isNull();
        client.put("hello", "world");
        assertThat(client.append("hello", "!")).isEqualTo(6);
        assertThat(client.get("hello")).isEqualTo("world!");
        assertThat(client.exists("hello")).isTrue();
        assertThat(client.delete("hello")).isTrue();
        assertThat(client.delete("hello")).isFalse();
        assertThat(client.exists("hello")).isFalse();
        assertThat(client.increment("n", 5)).isEqualTo(5);
        assertThat(client.increment("n", -7)).isEqualTo(-2);
    }

    @Test
    void keepsBytesAndEmptyValues() {
        byte[] key = {0, (byte) 0xC3};
        cluster.script = (server, command) ->
                command.get(0).equals("GET") ? (connection, reply) -> reply.bulk(new byte[] {1, 0, -1}) : null;
        assertThat(client.get(key)).containsExactly(1, 0, -1);
        cluster.script = (server, command) -> null;
        client.put("空", "");
        assertThat(client.get("空")).isEmpty();
    }

    @Test
    void sendsEachKeyToTheLeaderOfItsShard() {
        for (int i = 0; i < 50; i++) {
            client.put("key" + i, "v");
        }
        for (int i = 0; i < 50; i++) {
            int shard = KeySlot.shardOf(("key" + i).getBytes(StandardCharsets.UTF_8), 4);
            assertThat(cluster.log).contains(shard % 2 + " SET key" + i + " v");
        }
    }

    /** The coordinator still names the one that is gone, as it does when it is gone itself. */
    @Test
    void asksOthersWhoLeadsWhenALeaderIsGone() {
        client.put("k", "v");
        int leader = KeySlot.shardOf(KeySlot.of("k"), 4) % 2;
        cluster.stop(leader);
        client.put("k", "w");
        assertThat(client.get("k")).isEqualTo("w");
        assertThat(cluster.log).contains((1 - leader) + " GET k");
    }

    @Test
    void takesAServerThatAnswersNothingForLost() {
        int leader = KeySlot.shardOf(KeySlot.of("k"), 4) % 2;
        cluster.script =
                (server, command) -> server == leader && command.contains("k") ? (connection, reply) -> {} : null;
        try (KvClient patient = KvClient.connect(cluster.config().withRequestTimeoutMs(15_000))) {
            patient.put("k", "v");
            assertThat(patient.get("k")).isEqualTo("v");
        }
    }

    /** Nobody else can be asked, and each connection is watched anew. */
    @Test
    void givesUpEachConnectionThatAnswersNothing() throws Exception {
        try (FakeCluster alone = new FakeCluster(1, 1);
                KvClient patient = KvClient.connect(alone.config().withRequestTimeoutMs(15_000))) {
            AtomicInteger asked = new AtomicInteger();
            alone.script = (server, command) ->
                    command.contains("k") && asked.incrementAndGet() <= 2 ? (connection, reply) -> {} : null;
            assertThat(patient.get("k")).isNull();
            assertThat(asked).hasValue(3);
        }
    }

    @Test
    void followsMovedAndRemembersIt() {
        int slot = KeySlot.of("k");
        int shard = KeySlot.shardOf(slot, 4);
        int old = shard % 2;
        cluster.script = (server, command) -> server == old && command.get(1).equals("k")
                ? FakeCluster.Action.answer("MOVED " + slot + " " + cluster.address(1 - old))
                : null;
        client.put("k", "1");
        client.put("k", "2");
        assertThat(client.get("k")).isEqualTo("2");
        assertThat(cluster.count(old + " SET k")).isEqualTo(1);
        assertThat(cluster.count(old + " GET k")).isZero();
    }

    @Test
    void survivesTwoServersThatPointAtEachOther() {
        AtomicInteger asked = new AtomicInteger();
        cluster.script = (server, command) -> asked.incrementAndGet() < 9
                ? FakeCluster.Action.answer("MOVED 1 " + cluster.address(1 - server))
                : null;
        client.put("k", "v");
        assertThat(cluster.data).containsEntry("k", "v");
    }

    @Test
    void waitsForALeaderAndReadsTheSlotsAgain() {
        AtomicInteger refused = new AtomicInteger();
        cluster.script = (server, command) -> refused.incrementAndGet() <= 5
                ? FakeCluster.Action.answer("CLUSTERDOWN the shard has no leader")
                : null;
        assertThat(client.append("k", "x")).isEqualTo(1);
        assertThat(cluster.count("APPEND")).isEqualTo(6);
    }

    @Test
    void goesToTheNewLeaderWhenAServerIsGone() {
        client.put("warm", "1");
        cluster.stop(0);
        for (int i = 0; i < cluster.shards; i++) {
            cluster.leaders.set(i, 1);
        }
        for (int i = 0; i < 20; i++) {
            client.put("key" + i, "v");
        }
        assertThat(cluster.data).hasSize(21);
    }

    @Test
    void doesNotRepeatAWriteThatMayHaveHappenedWithoutASession() {
        cluster.script =
                (server, command) -> command.get(0).equals("APPEND") ? FakeCluster.Action.DROP_CONNECTION : null;
        try (KvClient careful = KvClient.connect(cluster.config().withWrites(Writes.AT_MOST_ONCE))) {
            assertThatThrownBy(() -> careful.append("k", "x"))
                    .asInstanceOf(InstanceOfAssertFactories.throwable(KvException.class))
                    .satisfies(e -> {
                        assertThat(e.mayHaveHappened()).isTrue();
                        assertThat(e.code()).isEqualTo(KvException.CONNECTION_LOST);
                    });
        }
        assertThat(cluster.count("RKV.SESSION")).isZero();
        assertThat(cluster.count("APPEND")).isEqualTo(1);
    }

    @Test
    void repeatsSuchAWriteIfItIsAllowed() {
        AtomicInteger dropped = new AtomicInteger();
        cluster.script = (server, command) -> command.get(0).equals("APPEND") && dropped.incrementAndGet() == 1
                ? FakeCluster.Action.DROP_CONNECTION
                : null;
        try (KvClient retrying = KvClient.connect(cluster.config().withWrites(Writes.AT_LEAST_ONCE))) {
            assertThat(retrying.append("k", "x")).isEqualTo(1);
        }
        assertThat(cluster.count("APPEND")).isEqualTo(2);
    }

    @Test
    void repeatsReadsAndPlainSetsButNoConditionalOnes() {
        AtomicInteger asked = new AtomicInteger();
        cluster.script =
                (server, command) -> asked.incrementAndGet() % 2 == 1 ? FakeCluster.Action.DROP_CONNECTION : null;
        try (KvClient careful = KvClient.connect(cluster.config().withWrites(Writes.AT_MOST_ONCE))) {
            careful.put("k", "v");
            assertThat(careful.get("k")).isEqualTo("v");
            assertThatThrownBy(() -> careful.command("SET", "k", "w", "NX")).isInstanceOf(KvException.class);
        }
    }

    @Test
    void endsAtTheDeadlineAndTellsWhetherItMayHaveHappened() {
        try (KvClient hasty = KvClient.connect(cluster.config().withRequestTimeoutMs(200))) {
            cluster.script = (server, command) -> FakeCluster.Action.NEVER_ANSWER;
            assertThatThrownBy(() -> hasty.append("k", "x"))
                    .asInstanceOf(InstanceOfAssertFactories.throwable(KvException.class))
                    .satisfies(e -> assertThat(e.mayHaveHappened()).isTrue())
                    .hasMessageContaining("200 ms");
            assertThatThrownBy(() -> hasty.get("k"))
                    .asInstanceOf(InstanceOfAssertFactories.throwable(KvException.class))
                    .satisfies(e -> assertThat(e.mayHaveHappened()).isFalse());
        }
    }

    @Test
    void tellsAtTheDeadlineThatAWriteWasAlwaysRefused() {
        cluster.script = (server, command) -> FakeCluster.Action.answer("BUSY try later");
        try (KvClient hasty = KvClient.connect(cluster.config().withRequestTimeoutMs(200))) {
            assertThatThrownBy(() -> hasty.append("k", "x"))
                    .asInstanceOf(InstanceOfAssertFactories.throwable(KvException.class))
                    .satisfies(e -> assertThat(e.mayHaveHappened()).isFalse())
                    .hasMessageContaining("BUSY try later");
        }
    }

    @Test
    void throwsRefusalsOfTypedCallsAndReturnsThoseOfCommands() {
        cluster.script = (server, command) -> FakeCluster.Action.answer("WRONGTYPE not a string");
        assertThatThrownBy(() -> client.get("k")).hasMessage("WRONGTYPE not a string");
        assertThat(client.command("GET", "k")).isEqualTo(RespValue.error("WRONGTYPE not a string"));
    }

    @Test
    void sendsCommandsWithoutAKeyAnywhere() {
        assertThat(client.command("PING")).isEqualTo(RespValue.simple("PONG"));
    }

    @Test
    void scansAllShardsOnceAndSkipsThoseThatNeverHadALeader() {
        for (int i = 0; i < 200; i++) {
            client.put("key" + i, "v");
        }
        List<String> keys = new ArrayList<>();
        client.scan("*").forEachRemaining(keys::add);
        assertThat(keys).hasSize(200).doesNotHaveDuplicates();
        cluster.leaders.set(3, -1);
        try (KvClient other = KvClient.connect(cluster.config())) {
            cluster.data.keySet().removeIf(key -> KeySlot.shardOf(KeySlot.of(key), 4) == 3);
            List<String> rest = new ArrayList<>();
            other.scan("*").forEachRemaining(rest::add);
            assertThat(rest).containsExactlyInAnyOrderElementsOf(cluster.data.keySet());
        }
    }

    @Test
    void pipelinesAndKeepsTheOrderPerKey() throws Exception {
        List<CompletableFuture<Long>> lengths = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            lengths.add(client.async().append("k", "x"));
        }
        for (int i = 0; i < 500; i++) {
            assertThat(lengths.get(i).get(3, TimeUnit.SECONDS)).isEqualTo(i + 1);
        }
    }

    @Test
    void refusesMoreThanItsBoundInFlight() {
        cluster.script = (server, command) -> FakeCluster.Action.NEVER_ANSWER;
        try (KvClient small = KvClient.connect(cluster.config().withMaxInFlight(2))) {
            CompletableFuture<String> first = small.async().get("a");
            small.async().get("b");
            CompletableFuture<String> third = small.async().get("c");
            assertThatThrownBy(third::join)
                    .hasRootCauseInstanceOf(KvException.class)
                    .hasMessageContaining("maxInFlight");
            assertThat(first).isNotDone();
        }
    }

    @Test
    void completesAllOpenCallsWhenClosed() {
        cluster.script = (server, command) -> FakeCluster.Action.NEVER_ANSWER;
        CompletableFuture<String> read = client.async().get("k");
        CompletableFuture<Long> write = client.async().append("k", "v");
        client.close();
        assertThatThrownBy(read::join).hasRootCauseMessage("the client was closed");
        assertThatThrownBy(write::join).hasRootCauseInstanceOf(KvException.class);
        assertThatThrownBy(() -> client.get("k")).hasMessageContaining("closed");
    }

    @Test
    void runsCallbacksOutsideTheLoopSoThatTheyMayCallAgain() throws Exception {
        client.put("k", "v");
        CompletableFuture<String> nested = client.async()
                .get("k")
                .thenApply(value ->
                        value + client.get("k") + Thread.currentThread().getName());
        // The caller runs it itself where the answer was there before the callback.
        assertThat(nested.get(3, TimeUnit.SECONDS))
                .isIn(
                        "vvraftkv-kvclient-callback-0",
                        "vv" + Thread.currentThread().getName());
    }

    @Test
    void saysWhichCoordinatorsDoNotAnswer() {
        cluster.close();
        assertThatThrownBy(() -> KvClient.connect(cluster.config().withRequestTimeoutMs(300)))
                .isInstanceOf(KvException.class)
                .hasMessageContaining("127.0.0.1:")
                .hasMessageNotContaining("Exception");
    }
}
