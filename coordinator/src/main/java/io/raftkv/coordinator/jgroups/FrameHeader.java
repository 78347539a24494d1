package io.raftkv.coordinator.jgroups;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What stands before the body of each frame. JGroups checks that frames arrive whole and in order; the header says whose
 * they are.
 *
 * <pre>u16 magic "RK" | u8 version = 1 | u8 type | 16 bytes cluster id, 0 before there is one | u64 node</pre>
 */
record FrameHeader(FrameType type, UUID clusterId, long node) {
    static final int BYTES = 28;
    static final UUID NO_CLUSTER = new UUID(0, 0);
    private static final short MAGIC = 0x524b;
    private static final byte VERSION = 1;

    void putTo(ByteBuffer target) {
        target.putShort(MAGIC).put(VERSION).put((byte) type.ordinal());
        target.putLong(clusterId.getMostSignificantBits()).putLong(clusterId.getLeastSignificantBits());
        target.putLong(node);
    }

    /** Reads a header and leaves {@code frame} at the body; null if this is no frame that this release knows. */
    static @Nullable FrameHeader takeFrom(ByteBuffer frame) {
        if (frame.remaining() < BYTES || frame.getShort() != MAGIC || frame.get() != VERSION) {
            return null;
        }
        FrameType type = FrameType.of(frame.get());
        UUID cluster = new UUID(frame.getLong(), frame.getLong());
        long node = frame.getLong();
        return type == null || node == 0 ? null : new FrameHeader(type, cluster, node);
    }
}
