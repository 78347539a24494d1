package io.raftkv.callback;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which group each shard belongs to, and which servers each group has.
 *
 * <p>Threads: immutable.
 *
 * @param version rises by one with each change; 0 is the empty map
 * @param gids the group of each shard, by shard; 0 if it has none
 * @param groups each group's addresses as they were given to {@code join}, in that order
 */
public record ShardMap(long version, List<Integer> gids, SortedMap<Integer, List<String>> groups) {
    public ShardMap {
        gids = List.copyOf(gids);
        SortedMap<Integer, List<String>> copy = new TreeMap<>();
        groups.forEach((gid, servers) -> copy.put(gid, List.copyOf(servers)));
        groups = Collections.unmodifiableSortedMap(copy);
    }

    /** The number of shards. */
    public int shards() {
        return gids.size();
    }

    /**
     * The addresses of the group that a shard belongs to, as they were given; empty if it has none.
     *
     * @throws IndexOutOfBoundsException if {@code shard} is not in {@code [0, shards)}
     */
    public List<String> serversOf(int shard) {
        return groups.getOrDefault(gids.get(shard), List.of());
    }

    /**
     * One line: version, group of each shard, groups; for example {@code {2 [1 1 1 1 1 2 2 2 2 2] map[1:[:8088 :8089
     * :8090] 2:[:9090 :9091 :9092]]}}.
     */
    public String format() {
        String shards = gids.stream().map(String::valueOf).collect(Collectors.joining(" ", "[", "]"));
        String map = groups.entrySet().stream()
                .map(group -> group.getKey() + ":[" + String.join(" ", group.getValue()) + "]")
                .collect(Collectors.joining(" ", "map[", "]"));
        return "{" + version + " " + shards + " " + map + "}";
    }
}
