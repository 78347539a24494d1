package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Writes a snapshot file block by block. Threads: one. */
final class BlockWriter extends OutputStream {
    private final DiskFile file;
    private final long groupId;
    private final SnapshotMeta meta;
    private final ByteBuffer block;
    private final SnapshotFormat.Running sums = new SnapshotFormat.Running();
    private long position;
    private long forced;
    private final long unforcedBytes;

    /** @param blockBytes of each block but the last */
    BlockWriter(DiskFile file, long groupId, SnapshotMeta meta, int blockBytes) throws IOException {
        this.unforcedBytes = (long) blockBytes * SnapshotFormat.UNFORCED_BLOCKS;
        this.block = ByteBuffer.allocate(SnapshotFormat.BLOCK_HEADER_BYTES + blockBytes);
        this.file = file;
        this.groupId = groupId;
        this.meta = meta;
        writeOut(SnapshotFormat.encodeHeader(groupId, meta));
        block.position(SnapshotFormat.BLOCK_HEADER_BYTES);
    }

    @Override
    public void write(int value) throws IOException {
        if (!block.hasRemaining()) {
            endBlock();
        }
        block.put((byte) value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        for (int done = 0; done < length; ) {
            if (!block.hasRemaining()) {
                endBlock();
            }
            int step = Math.min(length - done, block.remaining());
            block.put(bytes, offset + done, step);
            done += step;
        }
    }

    /** Writes what is left and the footer, syncs, and returns how long the file is. */
    long finish() throws IOException {
        endBlock();
        writeOut(SnapshotFormat.encodeFooter(sums.totals()));
        file.force();
        return position;
    }

    /** The checksum of the checksums of all blocks, once it is finished. */
    int checksum() {
        return sums.totals().crc();
    }

    private void endBlock() throws IOException {
        int length = block.position() - SnapshotFormat.BLOCK_HEADER_BYTES;
        if (length > 0) {
            ByteBuffer bytes = block.slice(SnapshotFormat.BLOCK_HEADER_BYTES, length);
            int crc = SnapshotFormat.blockCrc(groupId, meta, sums.blocks(), bytes);
            block.putInt(0, length).putInt(Integer.BYTES, crc);
            sums.add(crc, length);
            writeOut(block.flip());
            block.clear().position(SnapshotFormat.BLOCK_HEADER_BYTES);
        }
    }

    private void writeOut(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        file.write(bytes, position);
        position += length;
        if (position - forced >= unforcedBytes) {
            file.force();
            forced = position;
        }
    }
}
