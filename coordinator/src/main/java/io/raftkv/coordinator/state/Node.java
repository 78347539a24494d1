package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.ReplicaId;

/**
 * A node of the coordinator itself.
 *
 * @param id random, kept in the node's data folder, and so another one after the folder was emptied
 * @param address where it serves clients; data, which the node announces
 * @param peerPort where the other nodes connect, on the host of {@code address}; 0 if only it knows
 */
public record Node(long id, String address, int peerPort) {
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

    /** Its replica, the only one it ever has: a data folder that is begun anew has another id. */
    public ReplicaId replica() {
        return new ReplicaId(id, 1);
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
