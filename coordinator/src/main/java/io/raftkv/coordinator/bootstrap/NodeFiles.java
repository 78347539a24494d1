package io.raftkv.coordinator.bootstrap;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.log.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a node keeps beside its log: its id, its promise, its cluster and who belongs to it, whether it left. Each file is written whole under another name,
 * synced and renamed, so that after any crash it is the old one, the new one or none.
 *
 * <pre>u32 magic "RKCF" | u8 version = 1 | i32 length | body | u32 CRC32C of all before</pre>
 *
 * <p>Threads: one at a time.
 */
public final class NodeFiles {
    private static final int MAGIC = 0x524b4346;
    private static final int VERSION = 1;
    private static final int MAX_BYTES = 1 << 20;
    private static final String NODE = "node";
    private static final String PROMISE = "promise";
    private static final String CLUSTER = "cluster";
    private static final String MEMBERS = "members";
    private static final String GROUP = "group-opened";
    private static final String REMOVED = "removed";

    private final Disk disk;

    public NodeFiles(Disk disk) {
        this.disk = disk;
    }

    /** The id of this node; {@code fresh} becomes it at the first start. */
    public long nodeId(long fresh) throws IOException {
        Long stored = read(NODE, WireReader::i64);
        if (stored != null) {
            return stored;
        }
        if (disk.exists(PROMISE) || disk.exists(CLUSTER)) {
            throw new IOException("the file '" + NODE + "' is missing from " + disk
                    + ", though this node belongs to a cluster; restore it, or remove the folder to begin anew");
        }
        write(NODE, new WireWriter().i64(fresh));
        return fresh;
    }

    @Nullable
    Cluster promise() throws IOException {
        return read(PROMISE, Cluster::read);
    }

    /** Durable when this returns. Never called with another list once there is one. */
    void promise(Cluster cluster) throws IOException {
        WireWriter out = new WireWriter();
        Cluster.write(out, cluster);
        write(PROMISE, out);
    }

    public @Nullable Cluster cluster() throws IOException {
        return read(CLUSTER, Cluster::read);
    }

    void cluster(Cluster cluster) throws IOException {
        WireWriter out = new WireWriter();
        Cluster.write(out, cluster);
        write(CLUSTER, out);
    }

    /** The members as this node knew them last. */
    @Nullable
    Members members() throws IOException {
        return read(MEMBERS, Members::read);
    }

    /** For the next start, so that this node finds the others without them being listed or close by. */
    void members(Members members) throws IOException {
        WireWriter out = new WireWriter();
        Members.write(out, members);
        write(MEMBERS, out);
    }

    /**
     * Checks that this node did not leave its cluster: its id never comes back.
     *
     * @throws IOException says how to come back
     */
    public void checkNotRemoved(long nodeId, String address) throws IOException {
        if (disk.exists(REMOVED)) {
            throw new IOException("node " + Long.toHexString(nodeId) + " was removed from its cluster, and its id never"
                    + " comes back; to bring it in anew, remove its data folder " + disk
                    + ", start it, and run: raftkv ctl coordinator add " + address);
        }
    }

    /** The cluster goes on without this node. */
    public void removed() throws IOException {
        if (!disk.exists(REMOVED)) {
            write(REMOVED, new WireWriter());
        }
    }

    /**
     * Checks that the Raft group is still on disk if it ever was: a node that lost its log has forgotten its votes, and
     * must not begin anew under the same id.
     */
    public void checkGroup(boolean onDisk) throws IOException {
        if (!onDisk && disk.exists(GROUP)) {
            throw new IOException("the Raft log is missing from " + disk
                    + "; restore it, or remove the folder and add the node anew under its new id");
        }
    }

    /** The Raft group is on disk. */
    public void groupOpened() throws IOException {
        if (!disk.exists(GROUP)) {
            write(GROUP, new WireWriter());
        }
    }

    private void write(String name, WireWriter body) throws IOException {
        WireWriter whole = new WireWriter().i32(MAGIC).u8(VERSION).bytes(body.toArray());
        whole.i32(crc(whole.toArray()));
        String temporary = name + ".new";
        disk.delete(temporary);
        try (Disk.DiskFile file = disk.create(temporary)) {
            file.write(ByteBuffer.wrap(whole.toArray()), 0);
            file.force();
        }
        disk.rename(temporary, name);
        disk.forceDirectory("");
    }

    private <T> @Nullable T read(String name, Function<WireReader, T> reader) throws IOException {
        if (!disk.exists(name)) {
            return null;
        }
        byte[] whole = readAll(name);
        try {
            WireReader in = new WireReader(whole);
            if (in.i32() != MAGIC || in.u8() != VERSION) {
                throw new WireException("it is of another kind or of a newer release");
            }
            Bytes body = in.bytes();
            int crc = in.i32();
            in.end();
            if (crc != crc(java.util.Arrays.copyOf(whole, whole.length - Integer.BYTES))) {
                throw new WireException("its checksum is wrong");
            }
            WireReader fields = new WireReader(body);
            T value = reader.apply(fields);
            fields.end();
            return value;
        } catch (WireException e) {
            throw new IOException(
                    "the file '" + name + "' of " + disk + " cannot be read: " + e.getMessage()
                            + "; restore it, or remove the folder and add the node anew",
                    e);
        }
    }

    private byte[] readAll(String name) throws IOException {
        try (Disk.DiskFile file = disk.open(name)) {
            if (file.size() > MAX_BYTES) {
                throw new IOException("the file '" + name + "' of " + disk + " has " + file.size() + " bytes");
            }
            ByteBuffer content = ByteBuffer.allocate((int) file.size());
            file.read(content, 0);
            return content.array();
        }
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
