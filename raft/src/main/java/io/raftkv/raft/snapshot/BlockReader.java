package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads a snapshot file block by block and checks each before it is handed out. Threads: one. */
final class BlockReader {
    private final String path;
    private final DiskFile file;
    private final long groupId;
    private final @Nullable SnapshotMeta meta;
    private final ByteBuffer block = ByteBuffer.allocate(SnapshotFormat.BLOCK_BYTES);
    private final SnapshotFormat.Running sums = new SnapshotFormat.Running();
    private long position;
    private boolean complete;

    /** Reads the header; {@link #meta} is null if it is not sound. */
    BlockReader(String path, DiskFile file, long groupId) throws IOException {
        this.path = path;
        this.file = file;
        this.groupId = groupId;
        this.meta = readHeader();
    }

    private @Nullable SnapshotMeta readHeader() throws IOException {
        ByteBuffer fixed = ByteBuffer.allocate(SnapshotFormat.FIXED_HEADER_BYTES);
        file.read(fixed, 0);
        int length = SnapshotFormat.headerBytes(fixed.flip());
        ByteBuffer header = ByteBuffer.allocate(length);
        if (length == 0 || file.read(header, 0) < length) {
            return null;
        }
        position = length;
        return SnapshotFormat.decodeHeader(groupId, header.flip());
    }

    @Nullable
    SnapshotMeta meta() {
        return meta;
    }

    /** The end of what has been read and found sound. */
    long position() {
        return position;
    }

    /** The checksum of the checksums of all blocks that were read. */
    int checksum() {
        return sums.totals().crc();
    }

    /** Whether the footer was reached, it fits, and the file ends there. */
    boolean isComplete() {
        return complete;
    }

    /** The next block, which is overwritten by the one after it, or null at the footer or where the file is not sound. */
    @Nullable
    ByteBuffer next() throws IOException {
        if (meta == null || complete) {
            return null;
        }
        ByteBuffer head = ByteBuffer.allocate(SnapshotFormat.BLOCK_HEADER_BYTES);
        if (file.read(head, position) < head.capacity()) {
            return null;
        }
        int length = head.getInt(0);
        if (length == 0) {
            readFooter();
            return null;
        }
        if (length < 0 || length > SnapshotFormat.BLOCK_BYTES) {
            return null;
        }
        block.clear().limit(length);
        int read = file.read(block, position + SnapshotFormat.BLOCK_HEADER_BYTES);
        block.flip();
        int crc = head.getInt(Integer.BYTES);
        if (read < length || SnapshotFormat.blockCrc(groupId, meta, sums.blocks(), block) != crc) {
            return null;
        }
        sums.add(crc, length);
        position += SnapshotFormat.BLOCK_HEADER_BYTES + length;
        return block;
    }

    private void readFooter() throws IOException {
        ByteBuffer footer = ByteBuffer.allocate(SnapshotFormat.FOOTER_BYTES);
        file.read(footer, position);
        long end = position + SnapshotFormat.FOOTER_BYTES;
        if (SnapshotFormat.isFooter(footer.flip(), sums.totals()) && file.size() == end) {
            position = end;
            complete = true;
        }
    }

    /** Reads to the end of what is sound, and throws if that is not all. */
    void verify() throws IOException {
        while (next() != null) {
            // Looked at by next().
        }
        requireComplete();
    }

    void requireComplete() throws SnapshotException {
        if (!complete) {
            throw SnapshotException.damaged(path, position, "what follows is damaged or missing");
        }
    }
}
