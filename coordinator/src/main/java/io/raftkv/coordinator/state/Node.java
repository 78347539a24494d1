package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;

/**
 * A node of the coordinator itself.
 *
 * @param id random, kept in the node's data folder, and so another one after the folder was emptied
 * @param address where it serves clients; data, which the node announces
 * @param peerPort where the other nodes connect, on the host of {@code address}; 0 if only it knows
 */
public record Node(long id, String address, int peerPort) {
    private static final long FIRST = 1;

    public static void write(WireWriter out, Node node) {
        out.i64(node.id).text(node.address).i32(node.peerPort);
    }

    public static Node read(WireReader in) {
        return new Node(in.i64(), in.text(), in.i32());
    }

    /** One spelling for each address, see {@code docs/protocol.md}; throws {@link Refusal} if it is none. */
    public static String normalAddress(String address) {
        return Names.normalAddress(address);
    }

    /**
     * Its first replica. A data folder that is begun anew has another id, so a node has a later one only if a majority was lost
     * for good and the others were made to go on without it.
     */
    public ReplicaId replica() {
        return new ReplicaId(id, FIRST);
    }

    /** Its replica of this incarnation; the first one if that is 0. */
    public ReplicaId replica(long incarnation) {
        return new ReplicaId(id, Math.max(FIRST, incarnation));
    }

    /** Whether it is the first replica of its node. */
    public static boolean isFirst(ReplicaId replica) {
        return replica.incarnation() == FIRST;
    }

    /** Its replica in {@code configuration}; the first one if it has none there. */
    public ReplicaId replicaIn(Configuration configuration) {
        return configuration.members().stream()
                .filter(member -> member.server() == id)
                .findFirst()
                .orElseGet(this::replica);
    }

    /** Whether this is its address or its hexadecimal id. */
    public boolean isNamed(String name) {
        return address.equals(name) || Long.toHexString(id).equals(name);
    }

    @Override
    public String toString() {
        return address + " (node " + Long.toHexString(id) + ")";
    }
}
