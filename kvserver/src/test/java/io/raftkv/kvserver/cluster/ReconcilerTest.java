package io.raftkv.kvserver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.FakeGroup;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.kvserver.shard.ShardMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.session.SessionExpiry;
import io.raftkv.raft.sim.NoLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
    private final ShardTable table = new ShardTable(FakeGroup.SELF.server(), new HostPort("127.0.0.1", 7001));
    private final List<String> rounds = new ArrayList<>();
    private final Reconciler reconciler =
            new Reconciler(table, () -> rounds.add("soon"), () -> rounds.add("after a pause"));
    private FakeGroup group;
    private ShardGroup shard;

    /** A shard of three servers that is led here, and that the map wants on two of them. */
    @BeforeEach
    void open() {
        want(2, ":7001", ":7002");
        ShardMachine machine = new ShardMachine();
        group = new FakeGroup(1L << 32, new NoLoop(), machine);
        shard = new ShardGroup(0, 1, group, machine, table, (changed, before) -> {}, SessionExpiry.DEFAULT_TTL_MS);
        table.add(shard);
        shard.start();
    }

    private void want(long version, String... addresses) {
        TreeMap<String, Long> servers = new TreeMap<>();
        servers.put("127.0.0.1:7001", FakeGroup.SELF.server());
        servers.put("127.0.0.1:7002", FakeGroup.OTHER.server());
        servers.put("127.0.0.1:7003", 0x3333L);
        TreeMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(1, List.of(addresses));
        ClusterFiles.fill(table, "c", new ShardMap(version, List.of(1), groups), servers, List.of());
    }

    @Test
    void aChangeThatIsDoneIsFollowedByTheNextStepAtOnce() {
        reconciler.round();
        assertThat(rounds).containsExactly("soon");
    }

    /** As while an abort is being committed: the group answers at once, and would answer the next one likewise. */
    @Test
    void aRefusedChangeIsAskedForAgainAfterAPause() {
        group.failWith(() -> new RaftException.Busy("another change is under way", 500));
        reconciler.round();
        assertThat(rounds).containsExactly("after a pause");
        group.failWith(null);
        reconciler.round();
        assertThat(rounds).containsExactly("after a pause", "soon");
    }

    @Test
    void anAbortIsFollowedByTheNextStepAfterAPause() {
        group.keepBack();
        reconciler.round();
        want(3, ":7001");
        reconciler.round();
        assertThat(rounds).containsExactly("after a pause");
    }

    @Test
    void saysWhoIsFilledAndHowManyFollow() {
        Configuration alone = Configuration.of(List.of(FakeGroup.SELF));
        ReplicaId next = new ReplicaId(FakeGroup.OTHER.server(), 2);
        want(3, ":7001", ":7002");
        group.become(alone.next(alone.voters(), new TreeSet<>(), new TreeSet<>(List.of(next)), 3));
        assertThat(table.movesWaitFor(shard)).isEqualTo("moving: 127.0.0.1:7002 has nothing yet");
        want(3, ":7001", ":7002", ":7003");
        assertThat(table.movesWaitFor(shard)).isEqualTo("moving: 127.0.0.1:7002 has nothing yet; then 1 more");
    }
}
