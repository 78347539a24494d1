package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.ShardMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
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
 */
public record ClusterState(
        String clusterId,
        ShardMap map,
        List<@Nullable String> slots,
        SortedMap<String, Long> servers,
        SortedMap<Integer, Genesis> genesis) {
    /** Nothing is known. */
    public static final ClusterState UNKNOWN = new ClusterState(
            "", new ShardMap(0, List.of(), new TreeMap<>()), List.of(), new TreeMap<>(), new TreeMap<>());

    public ClusterState {
        slots = Collections.unmodifiableList(new ArrayList<>(slots));
        servers = Collections.unmodifiableSortedMap(new TreeMap<>(servers));
        genesis = Collections.unmodifiableSortedMap(new TreeMap<>(genesis));
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
        return new ClusterState(id, map, slots, servers, genesis);
    }

    ClusterState withMap(ShardMap other) {
        return new ClusterState(clusterId, other, slots, servers, genesis);
    }

    ClusterState withSlots(List<@Nullable String> other) {
        return new ClusterState(clusterId, map, other, servers, genesis);
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
        return new ClusterState(clusterId, map, slots, new TreeMap<>(other), genesis);
    }

    ClusterState withGenesis(Iterable<Genesis> more) {
        SortedMap<Integer, Genesis> changed = new TreeMap<>(genesis);
        more.forEach(record -> changed.put(record.shard(), record));
        return new ClusterState(clusterId, map, slots, servers, changed);
    }
}
