package io.raftkv.callback;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a shard is: its Raft group's newest committed configuration that its leader told the coordinator of.
 *
 * <p>Threads: immutable.
 *
 * @param shard {@code [0, shards)}
 * @param generation of the shard
 * @param index of the configuration in the group's log; a later one has a larger index
 * @param mapVersion of the shard map that asked for it
 * @param voters each voter's incarnation, by server id
 * @param retired by server id, the highest incarnation that ever left the group: it and the lower ones never come back
 */
public record Placement(
        int shard,
        long generation,
        long index,
        long mapVersion,
        SortedMap<Long, Long> voters,
        SortedMap<Long, Long> retired) {
    public Placement {
        voters = Collections.unmodifiableSortedMap(new TreeMap<>(voters));
        retired = Collections.unmodifiableSortedMap(new TreeMap<>(retired));
    }

    /** Whether this incarnation of a server's replica left the group for good. */
    public boolean hasRetired(long server, long incarnation) {
        return incarnation <= retired.getOrDefault(server, 0L)
                && !Long.valueOf(incarnation).equals(voters.get(server));
    }
}
