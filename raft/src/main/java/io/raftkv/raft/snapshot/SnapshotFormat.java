package io.raftkv.raft.snapshot;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.SnapshotMeta;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How a snapshot file looks.
 *
 * <pre>
 * header: u32 magic | u16 version = 1 | u16 0 | u64 group | u32 meta bytes | meta | u32 CRC32C of all before it
 * meta:   u64 index | u64 term | u64 configuration index | u64 timeMs | configuration
 * block:  u32 length, 1 to 256 KiB | u32 CRC32C of (group, index, term, number of the block) and bytes | bytes
 * footer: u32 0 | u32 CRC32C | u64 blocks | u64 bytes of state | u32 CRC32C of the blocks' checksums | u32 0
 * </pre>
 *
 * The footer ties the blocks together: a file put together of two whose blocks are each sound is not.
 */
final class SnapshotFormat {
    static final int BLOCK_BYTES = 256 << 10;
    /**
     * A file is synced whenever so many blocks of the largest size were written, 4 MiB: all at once at its end would make
     * the log's syncs wait for long, and a crash would cost all that was received.
     */
    static final int UNFORCED_BLOCKS = 16;

    static final int BLOCK_HEADER_BYTES = 2 * Integer.BYTES;
    static final int FOOTER_BYTES = 32;
    static final int FIXED_HEADER_BYTES = 20;
    static final int MAX_META_BYTES = 1 << 20;
    private static final int MAGIC = 0x524b5753;
    private static final short VERSION = 1;
    private static final int META_FIXED_BYTES = 4 * Long.BYTES;

    /** @param blocks how many there were, with their bytes and the checksum of their checksums */
    record Totals(long blocks, long bytes, int crc) {}

    /** The sums that the footer holds, taken block by block. */
    static final class Running {
        private final CRC32C crc = new CRC32C();
        private long blocks;
        private long bytes;

        long blocks() {
            return blocks;
        }

        void add(int blockCrc, int length) {
            crc.update(ByteBuffer.allocate(Integer.BYTES).putInt(blockCrc).flip());
            blocks++;
            bytes += length;
        }

        Totals totals() {
            return new Totals(blocks, bytes, (int) crc.getValue());
        }
    }

    private SnapshotFormat() {}

    static ByteBuffer encodeHeader(long groupId, SnapshotMeta meta) {
        Bytes configuration = ConfigurationCodec.encode(meta.configuration());
        int metaBytes = META_FIXED_BYTES + configuration.length();
        ByteBuffer out = ByteBuffer.allocate(FIXED_HEADER_BYTES + metaBytes + Integer.BYTES);
        out.putInt(MAGIC).putShort(VERSION).putShort((short) 0).putLong(groupId).putInt(metaBytes);
        out.putLong(meta.index())
                .putLong(meta.term())
                .putLong(meta.configurationIndex())
                .putLong(meta.timeMs());
        configuration.putTo(out);
        return out.putInt(crcOf(out, 0, out.position())).flip();
    }

    /** How long the header is that begins with {@code in}, or 0 if none does. */
    static int headerBytes(ByteBuffer in) {
        int metaBytes = in.remaining() < FIXED_HEADER_BYTES || in.getInt(0) != MAGIC ? 0 : in.getInt(16);
        boolean plausible = metaBytes >= META_FIXED_BYTES && metaBytes <= MAX_META_BYTES;
        return plausible ? FIXED_HEADER_BYTES + metaBytes + Integer.BYTES : 0;
    }

    /** The meta data in a header that is here as a whole, or null if it is damaged, unknown, or of another group. */
    static @Nullable SnapshotMeta decodeHeader(long groupId, ByteBuffer header) {
        int crcAt = header.limit() - Integer.BYTES;
        if (header.getInt(crcAt) != crcOf(header, 0, crcAt)
                || header.getInt(4) != VERSION << 16
                || header.getLong(8) != groupId) {
            return null;
        }
        ByteBuffer in = header.duplicate().position(FIXED_HEADER_BYTES).limit(crcAt);
        long index = in.getLong();
        long term = in.getLong();
        long configurationIndex = in.getLong();
        long timeMs = in.getLong();
        try {
            return new SnapshotMeta(index, term, ConfigurationCodec.decode(in), configurationIndex, timeMs);
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            return null;
        }
    }

    static int blockCrc(long groupId, SnapshotMeta meta, long number, ByteBuffer block) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(4 * Long.BYTES)
                .putLong(groupId)
                .putLong(meta.index())
                .putLong(meta.term())
                .putLong(number)
                .flip());
        crc.update(block.duplicate());
        return (int) crc.getValue();
    }

    static ByteBuffer encodeFooter(Totals totals) {
        ByteBuffer out = ByteBuffer.allocate(FOOTER_BYTES);
        out.putInt(0).putInt(0).putLong(totals.blocks()).putLong(totals.bytes()).putInt(totals.crc());
        return out.putInt(4, crcOf(out, BLOCK_HEADER_BYTES, FOOTER_BYTES)).rewind();
    }

    /** Whether {@code in} is the footer that belongs to what was read. */
    static boolean isFooter(ByteBuffer in, Totals totals) {
        return in.equals(encodeFooter(totals));
    }

    private static int crcOf(ByteBuffer buffer, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().limit(to).position(from));
        return (int) crc.getValue();
    }
}
