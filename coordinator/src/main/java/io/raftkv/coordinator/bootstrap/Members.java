package io.raftkv.coordinator.bootstrap;

import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.state.Roster;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Who belongs to a cluster, as far as somebody knows: enough to find them, not to decide anything.
 *
 * @param version of the roster they are from; larger is newer
 * @param nodes by id, those who are about to join included; empty if there is no cluster
 */
public record Members(long version, List<Node> nodes) {
    /** Of no cluster. */
    public static final Members NONE = new Members(0, List.of());

    public Members {
        nodes = List.copyOf(nodes);
    }

    /** Those of a roster. */
    public static Members of(Roster roster) {
        return new Members(roster.version(), roster.all());
    }

    /** Whether this node is one of them. */
    public boolean names(long node) {
        return nodes.stream().anyMatch(member -> member.id() == node);
    }

    /** All addresses, for people. */
    public String addresses() {
        return nodes.stream().map(Node::address).collect(Collectors.joining(", "));
    }

    static void write(WireWriter out, Members members) {
        out.i64(members.version).list(members.nodes, Node::write);
    }

    static Members read(WireReader in) {
        return new Members(in.i64(), in.list(Node::read));
    }
}
