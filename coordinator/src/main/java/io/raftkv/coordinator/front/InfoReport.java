package io.raftkv.coordinator.front;

import io.raftkv.coordinator.bootstrap.Cluster;
import io.raftkv.coordinator.bootstrap.Members;
import io.raftkv.coordinator.state.Node;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a node can say of its cluster at a moment.
 *
 * @param cluster null before there is one
 * @param members who belong to it, as far as this node knows
 * @param status null before the group is open
 * @param leader the node that serves requests, or 0
 * @param reachable the nodes that answer, this one included
 * @param waitingFor why there is no cluster yet, or why this node is no member any more; else empty
 */
public record InfoReport(
        String clusterName,
        int shards,
        @Nullable Cluster cluster,
        Members members,
        @Nullable GroupStatus status,
        long leader,
        Set<Long> reachable,
        LongFunction<String> addressOf,
        String waitingFor) {
    /** The answer to {@code COORD.INFO}. */
    public RespValue toReply() {
        List<RespValue> rows = new ArrayList<>();
        for (long node : nodes()) {
            rows.add(RespValue.array(
                    RespValue.bulk(Long.toHexString(node)),
                    RespValue.bulk(addressOf.apply(node)),
                    RespValue.bulk(state(node))));
        }
        return RespValue.map(
                RespValue.bulk("cluster-id"),
                RespValue.bulk(cluster == null ? "" : cluster.id().toString()),
                RespValue.bulk("cluster-name"),
                RespValue.bulk(clusterName),
                RespValue.bulk("shards"),
                RespValue.integer(cluster == null ? shards : cluster.shards()),
                RespValue.bulk("leader"),
                leader == 0 ? RespValue.nil() : RespValue.bulk(addressOf.apply(leader)),
                RespValue.bulk("term"),
                RespValue.integer(status == null ? 0 : status.term()),
                RespValue.bulk("commit"),
                RespValue.integer(status == null ? 0 : status.commitIndex()),
                RespValue.bulk("nodes"),
                RespValue.array(rows),
                RespValue.bulk("waiting-for"),
                RespValue.bulk(waitingFor));
    }

    private Iterable<Long> nodes() {
        return cluster == null
                ? reachable
                : members.nodes().stream().map(Node::id).toList();
    }

    private String state(long node) {
        if (node == leader) {
            return "leader";
        }
        if (cluster == null) {
            return "waiting";
        }
        if (!reachable.contains(node)) {
            return "unreachable";
        }
        return status == null || isVoter(node, status) ? "follower" : "learner";
    }

    private static boolean isVoter(long node, GroupStatus status) {
        Configuration configuration = status.configuration();
        return configuration.voters().isEmpty() // This node has nothing of the log yet.
                || Stream.concat(configuration.voters().stream(), configuration.oldVoters().stream())
                        .anyMatch(voter -> voter.server() == node);
    }

    /** The answer to {@code INFO}. */
    public String toText(String version, String address) {
        StringBuilder text = new StringBuilder("# Server\r\n");
        line(text, "raftkv_version", version);
        line(text, "raftkv_mode", "coordinator");
        line(text, "address", address);
        text.append("\r\n# Coordinator\r\n");
        line(text, "cluster_name", clusterName);
        line(text, "cluster_id", cluster == null ? "" : cluster.id().toString());
        line(text, "shards", Integer.toString(cluster == null ? shards : cluster.shards()));
        line(text, "leader", leader == 0 ? "" : addressOf.apply(leader));
        line(text, "waiting_for", waitingFor);
        if (status != null) {
            line(text, "role", status.role().name().toLowerCase(java.util.Locale.ROOT));
            line(text, "term", Long.toString(status.term()));
            line(text, "commit_index", Long.toString(status.commitIndex()));
            line(text, "applied_index", Long.toString(status.lastApplied()));
            line(text, "last_index", Long.toString(status.lastIndex()));
            line(text, "snapshot_index", Long.toString(status.snapshotIndex()));
        }
        for (long node : nodes()) {
            line(text, "node_" + Long.toHexString(node), addressOf.apply(node) + "," + state(node));
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(':').append(value).append("\r\n");
    }
}
