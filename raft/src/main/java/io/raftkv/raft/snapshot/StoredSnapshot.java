package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A complete, durable snapshot file. It holds no file open; reading fails once the file was deleted.
 *
 * <p>Threads: any that may wait for the disk.
 */
public final class StoredSnapshot {
    private final Disk disk;
    private final String path;
    private final long groupId;
    private final SnapshotMeta meta;
    private final long totalBytes;
    private final int checksum;

    StoredSnapshot(Disk disk, String path, long groupId, SnapshotMeta meta, long totalBytes, int checksum) {
        this.disk = disk;
        this.path = path;
        this.groupId = groupId;
        this.meta = meta;
        this.totalBytes = totalBytes;
        this.checksum = checksum;
    }

    /** Opens and reads all of the file. */
    static StoredSnapshot verified(Disk disk, String path, long groupId) throws IOException {
        try (DiskFile file = disk.open(path)) {
            BlockReader reader = new BlockReader(path, file, groupId);
            SnapshotMeta meta = reader.meta();
            if (meta == null) {
                throw SnapshotException.damaged(path, 0, "the header is damaged, unknown, or that of another group");
            }
            reader.verify();
            return new StoredSnapshot(disk, path, groupId, meta, reader.position(), reader.checksum());
        }
    }

    public SnapshotMeta meta() {
        return meta;
    }

    /** The length of the file. */
    public long totalBytes() {
        return totalBytes;
    }

    /** Of the whole file: with the length and the meta data it tells whether two files are the same. */
    public int checksum() {
        return checksum;
    }

    /**
     * The state that was written. Each block is checked before any of it is handed out, and the end of the stream is
     * reported only if the whole is sound.
     */
    public InputStream openState() throws IOException {
        DiskFile file = disk.open(path);
        try {
            return new StateStream(path, file, groupId, meta);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Up to {@code max} bytes of the file from {@code offset} on, to send them; empty at its end. */
    public ByteBuffer readChunk(long offset, int max) throws IOException {
        Objects.checkFromToIndex(offset, totalBytes, totalBytes);
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(max, totalBytes - offset));
        try (DiskFile file = disk.open(path)) {
            file.read(chunk, offset);
        }
        return chunk.flip();
    }

    @Override
    public String toString() {
        return path + " (" + totalBytes + " bytes)";
    }

    private static final class StateStream extends InputStream {
        private final DiskFile file;
        private final BlockReader reader;
        private @Nullable ByteBuffer block = ByteBuffer.allocate(0);

        StateStream(String path, DiskFile file, long groupId, SnapshotMeta meta) throws IOException {
            this.file = file;
            this.reader = new BlockReader(path, file, groupId);
            if (!meta.equals(reader.meta())) {
                throw SnapshotException.damaged(path, 0, "the header has changed");
            }
        }

        /** The block to read from, or null at the end. */
        private @Nullable ByteBuffer block() throws IOException {
            if (block != null && !block.hasRemaining()) {
                block = reader.next();
                if (block == null) {
                    reader.requireComplete();
                }
            }
            return block;
        }

        @Override
        public int read() throws IOException {
            ByteBuffer from = block();
            return from == null ? -1 : from.get() & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            ByteBuffer from = length == 0 ? null : block();
            if (from == null) {
                return length == 0 ? 0 : -1;
            }
            int step = Math.min(length, from.remaining());
            from.get(target, offset, step);
            return step;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
