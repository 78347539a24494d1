package io.raftkv.coordinator.bootstrap;

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
 */
public record Hello(
        Cluster.Node node,
        int clusterSize,
        int shards,
        Stage stage,
        @Nullable Cluster cluster) {
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

    public ByteBuffer encode() {
        WireWriter out = new WireWriter();
        Cluster.Node.write(out.u8(VERSION), node);
        out.i32(clusterSize).i32(shards).u8(stage.ordinal()).optional(cluster, Cluster::write);
        return ByteBuffer.wrap(out.toArray());
    }

    public static Hello decode(ByteBuffer frame) {
        WireReader in = new WireReader(frame);
        int version = in.u8();
        if (version != VERSION) {
            throw new WireException("a hello of version " + version + "; this release knows " + VERSION);
        }
        Cluster.Node node = Cluster.Node.read(in);
        int clusterSize = in.i32();
        int shards = in.i32();
        int stage = in.u8();
        if (stage >= Stage.VALUES.length) {
            throw new WireException("a hello of stage " + stage);
        }
        Hello hello = new Hello(node, clusterSize, shards, Stage.VALUES[stage], in.optional(Cluster::read));
        in.end();
        return hello;
    }
}
