package io.raftkv.raft.transport.netty;

import io.netty.buffer.ByteBuf;
import io.raftkv.raft.transport.Lane;
import java.nio.charset.StandardCharsets;

/**
 * The first words on a link, from the side that opened it:
 *
 * <pre>u8 0xF7 | u8 version = 1 | u8 lane | u64 from server | u64 to server | u8 length | cluster id (UTF-8)</pre>
 *
 * answered by one byte, see {@link Answer}. After {@link Answer#WELCOME} frames follow, each behind its length (u32), from
 * the opener only: a server that has something to say opens a link of its own.
 */
record Handshake(Lane lane, long from, long to, String clusterId) {
    /** No RESP request starts with it, so that clients and peers can share a port. */
    static final byte FIRST_BYTE = (byte) 0xF7;

    private static final byte VERSION = 1;
    private static final int LANE_AT = 2;
    private static final int FIXED_BYTES = 3 + 2 * Long.BYTES + 1;

    /** What the accepting side says. */
    enum Answer {
        WELCOME("welcome"),
        OTHER_VERSION("it speaks another version of the peer protocol"),
        OTHER_CLUSTER("it belongs to another cluster"),
        OTHER_SERVER("another server has that address");

        final String text;

        Answer(String text) {
            this.text = text;
        }

        static Answer of(byte code) {
            return code >= 0 && code < values().length ? values()[code] : OTHER_VERSION;
        }
    }

    void writeTo(ByteBuf out) {
        byte[] cluster = clusterId.getBytes(StandardCharsets.UTF_8);
        out.writeByte(FIRST_BYTE)
                .writeByte(VERSION)
                .writeByte(lane.ordinal())
                .writeLong(from)
                .writeLong(to);
        out.writeByte(cluster.length).writeBytes(cluster);
    }

    /** Whether {@code in} holds a whole handshake. */
    static boolean isComplete(ByteBuf in) {
        return in.readableBytes() >= FIXED_BYTES
                && in.readableBytes() >= FIXED_BYTES + in.getUnsignedByte(in.readerIndex() + FIXED_BYTES - 1);
    }

    static boolean isOfOtherVersion(ByteBuf in) {
        int at = in.readerIndex();
        return in.readableBytes() > LANE_AT
                && (in.getByte(at) != FIRST_BYTE
                        || in.getByte(at + 1) != VERSION
                        || in.getUnsignedByte(at + LANE_AT) >= Lane.values().length);
    }

    static Handshake read(ByteBuf in) {
        Lane lane = Lane.values()[in.skipBytes(LANE_AT).readUnsignedByte()];
        long from = in.readLong();
        long to = in.readLong();
        byte[] cluster = new byte[in.readUnsignedByte()];
        in.readBytes(cluster);
        return new Handshake(lane, from, to, new String(cluster, StandardCharsets.UTF_8));
    }
}
