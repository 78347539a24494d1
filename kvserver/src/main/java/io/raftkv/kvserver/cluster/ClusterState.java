package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.Placement;
import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.raft.MembershipGoal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the coordinator said last.
 *
 * <p>Threads: immutable.
 *
 * @param clusterId empty while no coordinator was met
 * @param slots by shard: the address its leader registered, or null; perhaps shorter than the number of shards
 * @param servers announced addresses and the ids of the servers behind them
 * @param genesis the first configurations of the shards that have one, by shard
 * @param placements where shards are that did not stay where they began, by shard
 */
public record ClusterState(
        String clusterId,
        ShardMap map,
        List<@Nullable String> slots,
        SortedMap<String, Long> servers,
        SortedMap<Integer, Genesis> genesis,
        SortedMap<Integer, Placement> placements) {
    /** Nothing is known. */
    public static final ClusterState UNKNOWN = new ClusterState(
            "",
            new ShardMap(0, List.of(), new TreeMap<>()),
            List.of(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>());

    public ClusterState {
        slots = Collections.unmodifiableList(new ArrayList<>(slots));
        servers = Collections.unmodifiableSortedMap(new TreeMap<>(servers));
        genesis = Collections.unmodifiableSortedMap(new TreeMap<>(genesis));
        placements = Collections.unmodifiableSortedMap(new TreeMap<>(placements));
    }

    /** The number of shards; 0 while it is not known. */
    public int shards() {
        return map.shards();
    }

    /** The address that the leader of a shard registered, or null. */
    public @Nullable String slot(int shard) {
        return shard < slots.size() ? slots.get(shard) : null;
    }

    ClusterState withClusterId(String id) {
        return new ClusterState(id, map, slots, servers, genesis, placements);
    }

    ClusterState withMap(ShardMap other) {
        return new ClusterState(clusterId, other, slots, servers, genesis, placements);
    }

    ClusterState withSlots(List<@Nullable String> other) {
        return new ClusterState(clusterId, map, other, servers, genesis, placements);
    }

    ClusterState withSlot(int shard, @Nullable String info) {
        List<@Nullable String> changed = new ArrayList<>(slots);
        while (changed.size() <= shard) {
            changed.add(null);
        }
        changed.set(shard, info);
        return withSlots(changed);
    }

    ClusterState withServers(Map<String, Long> other) {
        return new ClusterState(clusterId, map, slots, new TreeMap<>(other), genesis, placements);
    }

    ClusterState withGenesis(Iterable<Genesis> more) {
        SortedMap<Integer, Genesis> changed = new TreeMap<>(genesis);
        more.forEach(record -> changed.put(record.shard(), record));
        return new ClusterState(clusterId, map, slots, servers, changed, placements);
    }

    ClusterState withPlacements(Iterable<Placement> all) {
        SortedMap<Integer, Placement> changed = new TreeMap<>();
        all.forEach(placement -> changed.put(placement.shard(), placement));
        return new ClusterState(clusterId, map, slots, servers, genesis, changed);
    }

    ClusterState withPlacement(Placement placement) {
        SortedMap<Integer, Placement> changed = new TreeMap<>(placements);
        changed.put(placement.shard(), placement);
        return new ClusterState(clusterId, map, slots, servers, genesis, changed);
    }

    /** The servers that a shard is wanted at, by id; those addresses at which no server announced itself are missing. */
    Wanted wanted(int shard) {
        SortedSet<Long> ids = new TreeSet<>();
        List<String> missing = new ArrayList<>();
        for (String given : map.serversOf(shard)) {
            String address = HostPort.parse(given).toString();
            Long id = servers.get(address);
            if (id == null) {
                missing.add(address);
            } else {
                ids.add(id);
            }
        }
        return new Wanted(ids, missing);
    }

    /** Where the Raft group of a shard is wanted; of servers that are missing nothing is in it. */
    MembershipGoal goal(int shard) {
        return new MembershipGoal(wanted(shard).servers(), map.version());
    }

    /** Where the map wants a shard. */
    record Wanted(SortedSet<Long> servers, List<String> missing) {}
}
