package io.raftkv.coordinator.bootstrap;

import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster is founded on: decided once, kept by every node, also by those that join later.
 *
 * @param id random, so that clusters of one name are told apart
 * @param shards how many shards its map has
 * @param nodes the first members, sorted by id
 */
public record Cluster(UUID id, String name, int shards, List<Node> nodes) {
    public Cluster {
        nodes = nodes.stream().sorted(Comparator.comparingLong(Node::id)).toList();
    }

    public @Nullable Node node(long nodeId) {
        return nodes.stream().filter(node -> node.id() == nodeId).findFirst().orElse(null);
    }

    public boolean names(long nodeId) {
        return node(nodeId) != null;
    }

    static void write(WireWriter out, Cluster cluster) {
        out.i64(cluster.id.getMostSignificantBits()).i64(cluster.id.getLeastSignificantBits());
        out.text(cluster.name).i32(cluster.shards).list(cluster.nodes, Node::write);
    }

    static Cluster read(WireReader in) {
        return new Cluster(new UUID(in.i64(), in.i64()), in.text(), in.i32(), in.list(Node::read));
    }
}
