package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One entry of a group's log. Its body is encoded once, by the leader that appends it; the same bytes lie in the cache,
 * travel in frames and rest in the log. Index and term stand outside of the body, so that the body can be built before
 * they are known.
 *
 * <pre>body: u8 version = 1 | u8 type | u16 flags = 0 | u64 timeMs | payload</pre>
 *
 * @param crc CRC32C of the body, computed where it was built and checked wherever it is read
 */
public record Entry(long index, long term, Bytes body, int crc) {
    public static final int HEADER_BYTES = 12;
    private static final byte VERSION = 1;

    public Entry {
        if (index < 1 || term < 1) {
            throw new IllegalArgumentException("no entry has index " + index + " and term " + term);
        }
        if (body.length() < HEADER_BYTES) {
            throw new IllegalArgumentException("entry " + index + " has a body of " + body.length() + " bytes");
        }
    }

    /** What the payload is. The number stands in files and frames. */
    public enum Type {
        /** Empty; the first entry of a leader (Raft §6.4). */
        NO_OP,
        /** A batch of commands, see {@link CommandBatch}. */
        COMMANDS,
        /** An encoded {@link io.raftkv.raft.Configuration}, see {@link ConfigurationCodec}. */
        CONFIGURATION;

        private static final Type[] VALUES = values();
    }

    /** The body of an entry, without its place in the log. */
    public static Bytes encodeBody(Type type, long timeMs, Bytes payload) {
        ByteBuffer body = ByteBuffer.allocate(HEADER_BYTES + payload.length());
        putHeader(body, type, timeMs);
        payload.putTo(body);
        return Bytes.wrap(body.array());
    }

    static void putHeader(ByteBuffer body, Type type, long timeMs) {
        body.put(VERSION).put((byte) type.ordinal()).putShort((short) 0).putLong(timeMs);
    }

    public static Entry of(long index, long term, Bytes body) {
        return new Entry(index, term, body, crcOf(body));
    }

    public static int crcOf(Bytes body) {
        CRC32C crc = new CRC32C();
        body.updateCrc(crc);
        return (int) crc.getValue();
    }

    /** Whether version and type are known to this release. */
    public boolean isReadable() {
        return body.byteAt(0) == VERSION && (body.byteAt(1) & 0xff) < Type.VALUES.length;
    }

    public Type type() {
        return Type.VALUES[body.byteAt(1)];
    }

    public long timeMs() {
        long time = 0;
        for (int i = 4; i < HEADER_BYTES; i++) {
            time = time << 8 | body.byteAt(i) & 0xff;
        }
        return time;
    }

    public Bytes payload() {
        return body.slice(HEADER_BYTES, body.length());
    }

    public int bytes() {
        return body.length();
    }

    @Override
    public String toString() {
        return index + "/" + term + ":" + (isReadable() ? type() : "?") + "(" + body.length() + ")";
    }
}
