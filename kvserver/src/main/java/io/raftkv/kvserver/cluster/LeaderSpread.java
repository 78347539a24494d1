package io.raftkv.kvserver.cluster;

import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Spreads the leaders of a group's shards over its servers: the first of its shards should be led by the first server of its
 * list, and so on in turn. All servers come to the same from the same map.
 *
 * <p>Threads: the control thread.
 */
final class LeaderSpread {
    private final ShardTable table;
    private final Map<ShardGroup, ReplicaId> told = new HashMap<>();

    LeaderSpread(ShardTable table) {
        this.table = table;
    }

    /** Tells the replicas of this server who should lead. */
    void round() {
        ClusterState known = table.state();
        List<ShardGroup> groups = table.groups();
        told.keySet().retainAll(groups);
        Map<Integer, HostPort> preferred = preferred(known.map());
        for (ShardGroup group : groups) {
            ReplicaId leader = voterAt(known, group, preferred.get(group.shard()));
            if (leader != null && !leader.equals(told.put(group, leader))) {
                group.group().preferLeader(leader);
            }
        }
    }

    /** By shard, which server should lead it. */
    static Map<Integer, HostPort> preferred(ShardMap map) {
        Map<Integer, Integer> turns = new TreeMap<>();
        Map<Integer, HostPort> preferred = new TreeMap<>();
        for (int shard = 0; shard < map.shards(); shard++) {
            List<String> servers = map.serversOf(shard);
            if (!servers.isEmpty()) {
                int turn = turns.merge(map.gids().get(shard), 1, Integer::sum) - 1;
                preferred.put(shard, HostPort.parse(servers.get(turn % servers.size())));
            }
        }
        return preferred;
    }

    /** The voter at that address; null while it is none, as during a move. */
    private static @Nullable ReplicaId voterAt(ClusterState known, ShardGroup group, @Nullable HostPort address) {
        Long server = address == null ? null : known.servers().get(address.toString());
        return group.group().status().configuration().voters().stream()
                .filter(voter -> server != null && voter.server() == server)
                .findFirst()
                .orElse(null);
    }
}
