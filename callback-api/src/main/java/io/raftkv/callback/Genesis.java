package io.raftkv.callback;

import java.util.List;

/**
 * How a shard's Raft group began. Written once into the coordinator's log, and never changed.
 *
 * @param shard {@code [0, shards)}
 * @param generation of the shard
 * @param voters the first configuration, in the order of the group's list
 */
public record Genesis(int shard, long generation, List<Voter> voters) {
    /** The incarnation of the voters of every shard's first configuration; replicas that are added later have higher ones. */
    public static final long FIRST = 1;

    public Genesis {
        voters = List.copyOf(voters);
    }

    /**
     * One replica.
     *
     * @param server the server's id
     * @param incarnation which of the server's replicas of this shard
     * @param address where the server was at that time
     */
    public record Voter(long server, long incarnation, String address) {}
}
