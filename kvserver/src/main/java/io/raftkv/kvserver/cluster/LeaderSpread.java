package io.raftkv.kvserver.cluster;

import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Spreads the leaders of a group's shards over its servers. All servers come to the same from the same map. A shard has its
 * place in the list of servers by its number, and another one only where a server would lead more than its share: so shards
 * that come and go hardly make others change their leaders, each of which costs them a moment.
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
            ReplicaId leader = replicaAt(known, group, preferred.get(group.shard()));
            if (leader != null && !leader.equals(told.put(group, leader))) {
                group.group().preferLeader(leader);
            }
        }
    }

    /** By shard, which server should lead it. */
    static Map<Integer, HostPort> preferred(ShardMap map) {
        Map<Integer, HostPort> preferred = new TreeMap<>();
        map.groups().forEach((gid, servers) -> {
            List<Integer> shards = IntStream.range(0, map.shards())
                    .filter(shard -> map.gids().get(shard).equals(gid))
                    .boxed()
                    .toList();
            places(shards, servers.size())
                    .forEach((shard, place) -> preferred.put(shard, HostPort.parse(servers.get(place))));
        });
        return preferred;
    }

    private static Map<Integer, Integer> places(List<Integer> shards, int servers) {
        int share = (shards.size() + servers - 1) / servers;
        int[] led = new int[servers];
        Map<Integer, Integer> places = new TreeMap<>();
        List<Integer> others = new ArrayList<>();
        for (int shard : shards) {
            int place = shard % servers;
            if (led[place] < share) {
                led[place]++;
                places.put(shard, place);
            } else {
                others.add(shard);
            }
        }
        for (int shard : others) {
            int place = IntStream.range(0, servers)
                    .boxed()
                    .min(Comparator.comparingInt(server -> led[server]))
                    .orElseThrow();
            led[place]++;
            places.put(shard, place);
        }
        return places;
    }

    /** The replica that is or will be at that address, so that a shard that moves is handed over to the right one at once. */
    private static @Nullable ReplicaId replicaAt(ClusterState known, ShardGroup group, @Nullable HostPort address) {
        Long server = address == null ? null : known.servers().get(address.toString());
        return known.goal(group.shard()).voters(group.group().status().configuration()).stream()
                .filter(voter -> server != null && voter.server() == server)
                .findFirst()
                .orElse(null);
    }
}
