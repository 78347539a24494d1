package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The binary form of a {@link Configuration}, in entries, snapshots and frames.
 *
 * <pre>
 * u8 version = 1 | u8 flags: 1 lease reads | u16 0 | u64 mapVersion | voters | oldVoters | learners | retired
 * each: u32 count | count × (u64 server | u64 incarnation), strictly ascending; in retired each server once
 * </pre>
 *
 * One configuration has exactly one encoding. Threads: any, it has no state.
 */
public final class ConfigurationCodec {
    private static final byte VERSION = 1;
    private static final byte LEASE_READS = 1;
    private static final int REPLICA_BYTES = 2 * Long.BYTES;
    private static final int FIXED_BYTES = 4 + Long.BYTES + 4 * Integer.BYTES;

    private ConfigurationCodec() {}

    public static Bytes encode(Configuration configuration) {
        int replicas = configuration.voters().size()
                + configuration.oldVoters().size()
                + configuration.learners().size()
                + configuration.retired().size();
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + replicas * REPLICA_BYTES);
        out.put(VERSION)
                .put(configuration.leaseReads() ? LEASE_READS : 0)
                .putShort((short) 0)
                .putLong(configuration.mapVersion());
        putSet(out, configuration.voters());
        putSet(out, configuration.oldVoters());
        putSet(out, configuration.learners());
        out.putInt(configuration.retired().size());
        configuration.retired().forEach((server, incarnation) -> out.putLong(server)
                .putLong(incarnation));
        return Bytes.wrap(out.array());
    }

    /**
     * Reads one configuration and leaves the position behind it.
     *
     * @throws IllegalArgumentException if there is none, or one of another version
     */
    public static Configuration decode(ByteBuffer in) {
        try {
            int head = in.getInt();
            int flags = head & 0xffffff;
            if (head >>> 24 != VERSION || (flags & ~(LEASE_READS << 16)) != 0) {
                throw new IllegalArgumentException("a configuration of version " + (head >>> 24) + " with the flags "
                        + Integer.toHexString(flags) + "; a newer release wrote it");
            }
            boolean leaseReads = flags != 0;
            long mapVersion = in.getLong();
            return new Configuration(getSet(in), getSet(in), getSet(in), mapVersion, getRetired(in), leaseReads);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a configuration is cut off", e);
        }
    }

    /** Whether {@code bytes} are exactly one configuration. */
    static boolean isValid(Bytes bytes) {
        ByteBuffer in = bytes.asByteBuffer();
        try {
            decode(in);
            return !in.hasRemaining();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void putSet(ByteBuffer out, SortedSet<ReplicaId> set) {
        out.putInt(set.size());
        for (ReplicaId id : set) {
            out.putLong(id.server()).putLong(id.incarnation());
        }
    }

    private static SortedMap<Long, Long> getRetired(ByteBuffer in) {
        SortedMap<Long, Long> retired = new TreeMap<>();
        for (ReplicaId id : getSet(in)) {
            if (retired.put(id.server(), id.incarnation()) != null) {
                throw new IllegalArgumentException("a configuration tells twice what left of a server");
            }
        }
        return retired;
    }

    private static SortedSet<ReplicaId> getSet(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / REPLICA_BYTES) {
            throw new IllegalArgumentException(
                    "a configuration names " + count + " replicas in " + in.remaining() + " bytes");
        }
        TreeSet<ReplicaId> set = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            ReplicaId id = new ReplicaId(in.getLong(), in.getLong());
            if (!set.isEmpty() && id.compareTo(set.last()) <= 0) {
                throw new IllegalArgumentException("replica " + id + " of a configuration is out of order");
            }
            set.add(id);
        }
        return set;
    }
}
