package io.raftkv.coordinator.bootstrap;

import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a node tells of itself.
 *
 * @param clusterSize how many nodes it wants a new cluster to have
 * @param shards how many shards it wants a new cluster to have
 * @param cluster what it promised, or what it belongs to; null if it is fresh
 * @param members of the formed cluster, as this node knows them; else none
 * @param seeks the address of a node that is looked for, or empty: JGroups merges what the first of a view finds
 */
public record Hello(
        Node node,
        int clusterSize,
        int shards,
        Stage stage,
        @Nullable Cluster cluster,
        Members members,
        String seeks) {
    private static final int VERSION = 1;

    /** How far a node is. The place in this list stands in the frame. */
    public enum Stage {
        /** It promised nothing. */
        FRESH,
        /** It keeps a promise for one founding list and will never give another. */
        PROMISED,
        /** It knows that all named nodes promised. */
        FORMED;

        private static final Stage[] VALUES = values();
    }

    public Hello {
        if ((stage == Stage.FRESH) != (cluster == null)) {
            throw new WireException("a node that is " + stage + " with " + cluster);
        }
    }

    public long id() {
        return node.id();
    }

    /** The same, and that this address is looked for. */
    public Hello seeking(String address) {
        return new Hello(node, clusterSize, shards, stage, cluster, members, address);
    }

    public ByteBuffer encode() {
        WireWriter out = new WireWriter();
        Node.write(out.u8(VERSION), node);
        out.i32(clusterSize).i32(shards).u8(stage.ordinal()).optional(cluster, Cluster::write);
        Members.write(out, members);
        out.text(seeks);
        return ByteBuffer.wrap(out.toArray());
    }

    public static Hello decode(ByteBuffer frame) {
        WireReader in = new WireReader(frame);
        int version = in.u8();
        if (version != VERSION) {
            throw new WireException("a hello of version " + version + "; this release knows " + VERSION);
        }
        Node node = Node.read(in);
        int clusterSize = in.i32();
        int shards = in.i32();
        int stage = in.u8();
        if (stage >= Stage.VALUES.length) {
            throw new WireException("a hello of stage " + stage);
        }
        Cluster cluster = in.optional(Cluster::read);
        Hello hello = new Hello(node, clusterSize, shards, Stage.VALUES[stage], cluster, Members.read(in), in.text());
        in.end();
        return hello;
    }
}
