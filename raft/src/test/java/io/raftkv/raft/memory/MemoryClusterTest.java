package io.raftkv.raft.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.driver.RaftOptions;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.server.RaftServer;
import io.raftkv.raft.server.RaftServerBuilder;
import io.raftkv.raft.server.Sum;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three servers in memory: what a user's own test looks like. */
class MemoryClusterTest {
    private final MemoryNetwork network = new MemoryNetwork();
    private final Map<Long, MemoryDisk> disks = new TreeMap<>();
    private final Map<Long, RaftServer> servers = new TreeMap<>();
    private final Map<Long, RaftGroup> groups = new TreeMap<>();
    private final Map<Long, Sum> sums = new TreeMap<>();

    @BeforeEach
    void startAll() throws IOException {
        for (long id = 1; id <= 3; id++) {
            start(id);
        }
    }

    @AfterEach
    void closeAll() throws IOException {
        for (RaftServer server : servers.values()) {
            server.close();
        }
    }

    private RaftServerBuilder builder(long id) {
        return RaftServer.builder()
                .clusterId("test")
                .serverId(id)
                .peer(1, "one:1")
                .peer(2, "two:1")
                .peer(3, "three:1")
                .options(RaftOptions.DEFAULT
                        .with()
                        .snapshotThresholdBytes(8 << 10)
                        .build())
                .log(LogOptions.small(8 << 10, failure -> {}))
                .inMemory(network, disks.computeIfAbsent(id, any -> new MemoryDisk()));
    }

    private void start(long id) throws IOException {
        RaftServer server = builder(id).start();
        sums.put(id, new Sum());
        servers.put(id, server);
        groups.put(id, server.openGroup(1, sums.get(id)));
    }

    private RaftGroup leaderBut(long not) {
        return await().pollDelay(Duration.ZERO)
                .atMost(Duration.ofSeconds(20))
                .until(
                        () -> groups.values().stream()
                                .filter(group ->
                                        group.isLeader() && group.self().server() != not)
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aLeaderThatIsCutOffIsReplacedAndFollowsWhenTheNetworkHeals() throws Exception {
        RaftGroup old = leaderBut(0);
        assertThat(get(old.propose(Sum.add(1)))).isEqualTo(1L);
        long cutOff = old.self().server();
        network.isolate(cutOff);
        CompletionStage<Object> lost = old.propose(Sum.add(10));

        RaftGroup next = leaderBut(cutOff);
        assertThat(get(next.propose(Sum.add(100)))).isEqualTo(101L);
        assertThatThrownBy(() -> get(lost))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(RaftException.OutcomeUnknown.class);
        assertThatThrownBy(() -> get(old.read(() -> 0))).hasCauseInstanceOf(RaftException.NotLeader.class);

        network.heal();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> old.status().lastApplied() == next.status().commitIndex());
        assertThat(get(leaderBut(0).propose(Sum.add(0)))).isEqualTo(101L);
    }

    @Test
    void aLeaderThatHearsNobodyStepsDown() throws Exception {
        RaftGroup old = leaderBut(0);
        long deaf = old.self().server();
        for (long other : servers.keySet()) {
            if (other != deaf) {
                network.cut(other, deaf);
            }
        }
        assertThat(get(leaderBut(deaf).propose(Sum.add(5)))).isEqualTo(5L);
    }

    @Test
    void aRestartFindsSnapshotAndLogOnTheDisk() throws Exception {
        RaftGroup leader = leaderBut(0);
        CompletionStage<Object> last = leader.propose(Sum.add(1));
        for (int i = 1; i < 5000; i++) {
            last = leader.propose(Sum.add(1));
            if (i % 100 == 0) {
                get(last);
            }
        }
        assertThat(get(last)).isEqualTo(5000L);
        await().atMost(Duration.ofSeconds(20)).until(() -> leader.status().snapshotIndex() > 0);
        for (RaftServer server : servers.values()) {
            server.close();
        }
        assertThat(disks.get(1L).list("")).contains("identity", "log");

        for (long id = 1; id <= 3; id++) {
            start(id);
        }
        RaftGroup next = leaderBut(0);
        assertThat(get(next.read(sums.get(next.self().server())::sum))).isEqualTo(5000L);
    }

    @Test
    void aDiskServesOneServerAtATime() {
        assertThatThrownBy(() -> builder(1).start())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("in use");
    }
}
