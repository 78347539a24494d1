package io.raftkv.kvclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.KeySlot;
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

/** Writes in sessions. */
@Timeout(20)
class ExactlyOnceTest {
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
    void opensOneSessionForEachShardThatIsWrittenTo() {
        for (int i = 0; i < 50; i++) {
            assertThat(client.get("key" + i)).isNull();
        }
        assertThat(cluster.count("RKV.SESSION OPEN")).isZero();
        for (int i = 0; i < 50; i++) {
            client.increment("key" + i, 1);
        }
        assertThat(cluster.count("RKV.SESSION OPEN")).isEqualTo(4);
        assertThat(cluster.sessions).hasSize(4);
    }

    @Test
    void closesItsSessions() {
        client.put("a", "1");
        client.put("b", "1");
        client.close();
        assertThat(cluster.sessions).isEmpty();
    }

    @Test
    void doesNotWaitLongForSessionsToClose() {
        client.put("a", "1");
        cluster.sessionScript = (server, command) -> FakeCluster.Action.NEVER_ANSWER;
        long start = System.nanoTime();
        client.close();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(5_000);
    }

    @Test
    void repeatsUntilItIsAnsweredWhatWasExecutedOnce() {
        AtomicInteger lost = new AtomicInteger();
        cluster.losesAnswer = command -> command.get(0).equals("APPEND") && lost.getAndIncrement() % 2 == 0;
        for (int i = 1; i <= 10; i++) {
            assertThat(client.append("k", "x")).isEqualTo(i);
        }
        assertThat(cluster.data).containsEntry("k", "x".repeat(10));
        assertThat(lost).hasValueGreaterThanOrEqualTo(10);
    }

    @Test
    void repeatsWhatTheServerDoesNotKnowTheOutcomeOf() {
        AtomicInteger asked = new AtomicInteger();
        cluster.script = (server, command) -> asked.incrementAndGet() == 1
                ? FakeCluster.Action.answer("UNKNOWN the write may have been applied")
                : null;
        assertThat(client.append("k", "x")).isEqualTo(1);
        assertThat(asked).hasValue(2);
    }

    @Test
    void keepsItsNumberWhenTheShardHasAnotherLeader() {
        int shard = KeySlot.shardOf(KeySlot.of("k"), 4);
        int old = shard % 2;
        client.put("k", "");
        cluster.losesAnswer = command -> {
            if (command.get(0).equals("APPEND")) {
                cluster.leaders.set(shard, 1 - old);
                cluster.script = (server, other) ->
                        server == old ? FakeCluster.Action.answer("MOVED 1 " + cluster.address(1 - old)) : null;
                return true;
            }
            return false;
        };
        assertThat(client.append("k", "x")).isEqualTo(1);
        assertThat(cluster.data).containsEntry("k", "x");
        assertThat(cluster.count("RKV.SESSION OPEN")).isEqualTo(1);
    }

    @Test
    void opensAnotherSessionWhenItsOwnExpired() {
        assertThat(client.append("k", "x")).isEqualTo(1);
        cluster.sessions.clear();
        assertThat(client.append("k", "x")).isEqualTo(2);
        assertThat(cluster.count("RKV.SESSION OPEN")).isEqualTo(2);
    }

    @Test
    void neverSendsInAnotherSessionWhatMayHaveHappenedInALostOne() {
        cluster.losesAnswer = command -> {
            boolean append = command.get(0).equals("APPEND");
            if (append) {
                cluster.sessions.clear();
            }
            return append;
        };
        assertThatThrownBy(() -> client.append("k", "x"))
                .asInstanceOf(InstanceOfAssertFactories.throwable(KvException.class))
                .satisfies(e -> {
                    assertThat(e.mayHaveHappened()).isTrue();
                    assertThat(e.code()).isEqualTo(KvException.SESSION_EXPIRED);
                });
        assertThat(cluster.data).containsEntry("k", "x");
        cluster.losesAnswer = command -> false;
        assertThat(client.append("k", "y")).isEqualTo(2);
    }

    @Test
    void tellsAtTheDeadlineThatAWriteMayHaveHappened() {
        AtomicInteger asked = new AtomicInteger();
        cluster.script = (server, command) -> asked.getAndIncrement() == 0
                ? FakeCluster.Action.DROP_CONNECTION
                : FakeCluster.Action.answer("CLUSTERDOWN the shard has no leader");
        try (KvClient hasty = KvClient.connect(cluster.config().withRequestTimeoutMs(300))) {
            assertThatThrownBy(() -> hasty.append("k", "x"))
                    .asInstanceOf(InstanceOfAssertFactories.throwable(KvException.class))
                    .satisfies(e -> {
                        assertThat(e.mayHaveHappened()).isTrue();
                        assertThat(e.code()).isEqualTo(KvException.TIMEOUT);
                    });
        }
        assertThat(asked).hasValueGreaterThan(2);
    }

    @Test
    void waitsWhileTheWindowIsFullAndKeepsTheOrder() throws Exception {
        client.put("k", "");
        List<CompletableFuture<Long>> lengths = new ArrayList<>();
        for (int i = 0; i < 3 * Session.WINDOW; i++) {
            lengths.add(client.async().append("k", "x"));
        }
        CompletableFuture<String> behind = client.async().get("k");
        for (int i = 0; i < lengths.size(); i++) {
            assertThat(lengths.get(i).get(5, TimeUnit.SECONDS)).isEqualTo(i + 1);
        }
        assertThat(behind.get(5, TimeUnit.SECONDS)).hasSize(lengths.size());
        assertThat(cluster.widest.get()).isLessThanOrEqualTo(Session.WINDOW);
    }

    @Test
    void readsBehindTheFirstWriteWhatItWrote() throws Exception {
        CompletableFuture<Void> first = client.async().put("k", "v");
        assertThat(client.async().get("k").get(5, TimeUnit.SECONDS)).isEqualTo("v");
        assertThat(first).isDone();
    }

    @Test
    void readsGoOnWhileNoSessionCanBeOpened() {
        cluster.data.put("k", "v");
        cluster.sessionScript = (server, command) -> FakeCluster.Action.answer("BUSY the shard has as many as it may");
        CompletableFuture<Void> write = client.async().put("k", "w");
        assertThat(client.get("k")).isEqualTo("v");
        assertThatThrownBy(write::join)
                .hasRootCauseInstanceOf(KvException.class)
                .hasMessageContaining("BUSY the shard has as many");
        assertThat(cluster.count("SET")).isZero();
    }

    @Test
    void followsMovedWhenItOpensASession() {
        int slot = KeySlot.of("k");
        int old = KeySlot.shardOf(slot, 4) % 2;
        cluster.sessionScript = (server, command) ->
                server == old ? FakeCluster.Action.answer("MOVED " + slot + " " + cluster.address(1 - old)) : null;
        client.put("k", "v");
        assertThat(cluster.log).contains((1 - old) + " SET k v");
    }

    @Test
    void aSessionGivesItsNumbersBackInAnyOrder() {
        Session session = new Session(new byte[0], new byte[0]);
        for (int i = 1; i <= Session.WINDOW; i++) {
            assertThat(session.isFull()).isFalse();
            assertThat(session.take()).isEqualTo(i);
        }
        assertThat(session.isFull()).isTrue();
        session.ended(2);
        assertThat(session.isFull()).isTrue();
        session.ended(1);
        assertThat(session.take()).isEqualTo(Session.WINDOW + 1);
        assertThat(session.take()).isEqualTo(Session.WINDOW + 2);
        assertThat(session.isFull()).isTrue();
        assertThat(new String(session.once(9, new byte[][] {{'x'}})[3], java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("3");
    }
}
