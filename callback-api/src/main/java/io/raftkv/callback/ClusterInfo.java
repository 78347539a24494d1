package io.raftkv.callback;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a coordinator node knows of its cluster.
 *
 * @param clusterId random, given at bootstrap
 * @param clusterName from the configuration
 * @param shards their number, fixed at bootstrap
 * @param leader the address of the Raft leader, or null if none is known
 * @param term the Raft term
 * @param commit the index of the last committed entry
 * @param nodes all nodes
 */
public record ClusterInfo(
        String clusterId,
        String clusterName,
        int shards,
        @Nullable String leader,
        long term,
        long commit,
        List<CoordinatorNode> nodes) {
    public ClusterInfo {
        nodes = List.copyOf(nodes);
    }

    /**
     * One node of the coordinator.
     *
     * @param id persistent
     * @param address where clients connect
     * @param state as the node that answered sees it, such as {@code leader} or {@code follower}
     */
    public record CoordinatorNode(long id, String address, String state) {}
}
