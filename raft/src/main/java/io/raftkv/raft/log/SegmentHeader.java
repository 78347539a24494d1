package io.raftkv.raft.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/**
 * The first bytes of a log file: whose it is, and the seal of the file before it, so that neither the end of that file nor
 * the file as a whole can get lost unnoticed.
 *
 * <pre>
 * u32 magic | u16 version = 1 | u16 header bytes = 80 | u64 cluster hash | u64 server id | u64 seq
 * u64 previous seq, 0 if none | u64 previous end | u64 previous LSN | u32 previous CRC | 16 × u8 0 | u32 CRC32C of it all
 * </pre>
 *
 * @param previousSeq the file before, 0 for the first one
 * @param previousEnd where the last record of that file ends
 * @param previousLsn the LSN of that record; the first one in this file has the next
 * @param previousCrc its checksum
 */
record SegmentHeader(
        long clusterHash,
        long serverId,
        long seq,
        long previousSeq,
        long previousEnd,
        long previousLsn,
        int previousCrc) {
    static final int BYTES = 80;
    private static final int MAGIC = 0x524b574c;
    private static final short VERSION = 1;
    private static final int CRC_AT = BYTES - Integer.BYTES;

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.putInt(MAGIC).putShort(VERSION).putShort((short) BYTES);
        out.putLong(clusterHash).putLong(serverId).putLong(seq);
        out.putLong(previousSeq).putLong(previousEnd).putLong(previousLsn).putInt(previousCrc);
        return out.putInt(CRC_AT, crcOf(out)).rewind();
    }

    /** Whether {@code in} holds a header that was written as a whole, of whatever version. */
    static boolean isIntact(ByteBuffer in) {
        return in.remaining() == BYTES && in.getInt(0) == MAGIC && in.getInt(CRC_AT) == crcOf(in);
    }

    /** Reads an intact header. */
    static SegmentHeader decode(String path, ByteBuffer in) throws LogException {
        in.position(Integer.BYTES);
        short version = in.getShort();
        if (version != VERSION) {
            throw new LogException(
                    path,
                    4,
                    "the log has format version " + version + ", this release knows " + VERSION,
                    "start the release that wrote it");
        }
        in.getShort();
        return new SegmentHeader(
                in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getInt());
    }

    private static int crcOf(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().position(0).limit(CRC_AT));
        return (int) crc.getValue();
    }

    static long hashOf(String clusterId) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(clusterId.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
