package io.raftkv.kvserver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.FakeGroup;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.kvserver.shard.ShardMachine;
import io.raftkv.raft.session.SessionExpiry;
import io.raftkv.raft.sim.NoLoop;
import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ShardTableTest {
    private static final String SELF = "127.0.0.1:7001";
    private static final String OTHER = "127.0.0.1:7002";
    private static final String THIRD = "127.0.0.1:7003";
    private static final String FOURTH = "127.0.0.1:7004";
    private static final RespValue MOVED = RespValue.error("MOVED 5 " + OTHER);

    private final ShardTable table = new ShardTable(FakeGroup.SELF.server(), HostPort.parse(SELF));
    private final ShardMachine machine = new ShardMachine();
    private final FakeGroup group = new FakeGroup(1L << 32, new NoLoop(), machine);
    private final ShardGroup shard =
            new ShardGroup(0, 1, group, machine, table, (changed, before) -> {}, SessionExpiry.DEFAULT_TTL_MS);

    /** The coordinator says who leads the one shard. */
    private void hear(String leader) {
        TreeMap<String, Long> servers = new TreeMap<>();
        servers.put(SELF, FakeGroup.SELF.server());
        servers.put(OTHER, FakeGroup.OTHER.server());
        servers.put(THIRD, 0x3333L);
        servers.put(FOURTH, 0x4444L);
        TreeMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(1, List.of(SELF, OTHER));
        ClusterFiles.fill(table, "c", new ShardMap(2, List.of(1), groups), servers, List.of());
        table.update(state -> state.withSlot(0, leader));
    }

    /** The shard leaves this server for the other one, which the coordinator does not know for a while. */
    private void leaveWhileTheCoordinatorNames(String leaderBefore) {
        hear(leaderBefore);
        table.add(shard);
        shard.start();
        group.lead(FakeGroup.OTHER, 3, false);
        group.leave();
        table.remove(shard);
        assertThat(table.redirect(5)).isEqualTo(MOVED);
        hear(leaderBefore);
        assertThat(table.redirect(5)).isEqualTo(MOVED);
    }

    /** Else clients are told that nobody serves the shard, from its move until its next leader has registered. */
    @Test
    void sendsClientsAfterAShardThatLeftThoughTheCoordinatorHasNotHeardOfIt() {
        leaveWhileTheCoordinatorNames(SELF);
    }

    /** Else servers that a shard left send clients to one another until its next leader has registered. */
    @Test
    void doesNotSendClientsToTheLeaderBeforeTheMove() {
        leaveWhileTheCoordinatorNames(THIRD);
        hear(FOURTH);
        assertThat(table.redirect(5)).isEqualTo(RespValue.error("MOVED 5 " + FOURTH));
    }

    @Test
    void sendsClientsToAnotherServerOfAShardThatIsNotOpenYet() {
        hear(SELF);
        assertThat(table.redirect(5)).isEqualTo(MOVED);
    }
}
