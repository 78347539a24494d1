package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A snapshot that another server is sending, in a file that outlives a restart of either side.
 *
 * <p>Threads: one at a time, which may wait for the disk.
 */
public final class IncomingSnapshot implements Closeable {
    private final SnapshotStore store;
    private final String path;
    private final DiskFile file;
    private final long groupId;
    private final SnapshotMeta meta;
    private final long totalBytes;
    private final int checksum;
    private long receivedBytes;
    private long forcedBytes;

    /** Continues the file as far as it is sound; what follows may be anything after a power failure. */
    IncomingSnapshot(
            SnapshotStore store,
            String path,
            DiskFile file,
            long groupId,
            SnapshotMeta meta,
            long totalBytes,
            int checksum)
            throws IOException {
        this.store = store;
        this.path = path;
        this.file = file;
        this.groupId = groupId;
        this.meta = meta;
        this.totalBytes = totalBytes;
        this.checksum = checksum;
        BlockReader reader = new BlockReader(path, file, groupId);
        if (meta.equals(reader.meta())) {
            while (reader.next() != null) {
                // Looked at by next().
            }
            receivedBytes = Math.min(reader.position(), totalBytes);
        }
    }

    public SnapshotMeta meta() {
        return meta;
    }

    /** How long the whole file is; that of another sender may differ. */
    public long totalBytes() {
        return totalBytes;
    }

    /** From where on the file is to be sent. */
    public long receivedBytes() {
        return receivedBytes;
    }

    /**
     * Takes the bytes of the file from {@code offset} on; those that are there already are skipped.
     *
     * @throws SnapshotException if bytes before it are missing, or it goes beyond the end
     */
    public void append(long offset, ByteBuffer data) throws IOException {
        long end = offset + data.remaining();
        if (offset < 0 || offset > receivedBytes || end > totalBytes) {
            throw new SnapshotException(
                    path,
                    receivedBytes,
                    "the bytes [" + offset + ", " + end + ") of " + totalBytes + " do not fit here",
                    "send those that follow");
        }
        if (end > receivedBytes) {
            ByteBuffer fresh = data.duplicate();
            fresh.position(fresh.position() + (int) (receivedBytes - offset));
            file.write(fresh, receivedBytes);
            receivedBytes = end;
            if (receivedBytes - forcedBytes >= (long) store.blockBytes() * SnapshotFormat.UNFORCED_BLOCKS) {
                file.force();
                forcedBytes = receivedBytes;
            }
        }
        data.position(data.limit());
    }

    /**
     * Makes all that was received durable and checks it. If it is not sound, or the disk fails, it is removed and has to be
     * received from the start: what a failed sync left in the cache may look sound and be lost.
     */
    public void verify() throws IOException {
        if (receivedBytes != totalBytes) {
            throw new SnapshotException(
                    path, receivedBytes, totalBytes - receivedBytes + " bytes have not arrived", "send them first");
        }
        try {
            file.force();
            BlockReader reader = new BlockReader(path, file, groupId);
            if (!meta.equals(reader.meta())) {
                throw notSound(0);
            }
            while (reader.next() != null) {
                // Looked at by next().
            }
            if (!reader.isComplete() || reader.position() != totalBytes || reader.checksum() != checksum) {
                throw notSound(reader.position());
            }
        } catch (IOException | RuntimeException e) {
            try {
                abort();
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /** The state in what was verified. */
    public InputStream openState() throws IOException {
        return store.at(path, groupId, meta, totalBytes, checksum).openState();
    }

    /** Makes what was verified the group's snapshot, durably. */
    public StoredSnapshot publish() throws IOException {
        file.close();
        return store.publish(path, groupId, meta, totalBytes, checksum);
    }

    private SnapshotException notSound(long offset) {
        return new SnapshotException(path, offset, "what was received is not sound", "it has to be sent again");
    }

    /** Forgets what was received. */
    public void abort() throws IOException {
        file.close();
        store.remove(path);
    }

    /** Stops receiving; what is there is kept to be continued. */
    @Override
    public void close() throws IOException {
        file.close();
    }
}
