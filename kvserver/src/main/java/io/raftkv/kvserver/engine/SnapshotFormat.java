package io.raftkv.kvserver.engine;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * The bytes of a shard's snapshot.
 *
 * <pre>
 * u32 "RKVS" | u16 version = 1 | u16 flags = 0
 * section*:  u8 kind = 1 (strings) | u64 count | count × (varint length | key | varint length | value), in scan order
 * u8 kind = 0 (end) | u64 keys in all sections | u32 CRC32C of everything before
 * </pre>
 *
 * <p>A reader refuses kinds that it does not know: to skip one would lose data.
 */
public final class SnapshotFormat {
    private static final int MAGIC = 0x524B5653;
    private static final int VERSION = 1;
    private static final int END = 0;
    private static final int STRINGS = 1;
    private static final int BUFFER_BYTES = 64 * 1024;

    private SnapshotFormat() {}

    /** Writes a frozen state. Threads: a background thread. */
    public static void write(Frozen state, OutputStream target) throws IOException {
        CheckedOutputStream checked = new CheckedOutputStream(target, new CRC32C());
        DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(checked, BUFFER_BYTES));
        out.writeInt(MAGIC);
        out.writeShort(VERSION);
        out.writeShort(0);
        out.writeByte(STRINGS);
        out.writeLong(state.size());
        state.forEach((key, array, offset, length) -> {
            writeBytes(out, key.bytes(), 0, key.bytes().length);
            writeBytes(out, array, offset, length);
        });
        out.writeByte(END);
        out.writeLong(state.size());
        out.flush();
        new DataOutputStream(target).writeInt((int) checked.getChecksum().getValue());
        target.flush();
    }

    /**
     * Reads a state into a new engine. Threads: any one; the engine is handed over whole.
     *
     * @throws IOException if it is damaged, cut short or of an unknown version
     */
    public static MemoryEngine read(InputStream source) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(
                source instanceof java.io.BufferedInputStream
                        ? source
                        : new java.io.BufferedInputStream(source, BUFFER_BYTES),
                new CRC32C());
        DataInputStream in = new DataInputStream(checked);
        int magic = in.readInt();
        int version = in.readUnsignedShort();
        int flags = in.readUnsignedShort();
        if (magic != MAGIC || version != VERSION || flags != 0) {
            throw new IOException(String.format(
                    "not a shard snapshot of version %d: magic %08x, version %d, flags %x",
                    VERSION, magic, version, flags));
        }
        MemoryEngine engine = new MemoryEngine();
        for (int kind = in.readUnsignedByte(); kind != END; kind = in.readUnsignedByte()) {
            if (kind != STRINGS) {
                throw new IOException("section of kind " + kind + "; a newer release wrote this snapshot");
            }
            readStrings(in, engine);
        }
        checkEnd(in, checked, engine.size());
        return engine;
    }

    private static void readStrings(DataInputStream in, MemoryEngine engine) throws IOException {
        long count = in.readLong();
        for (long i = 0; i < count; i++) {
            byte[] key = readBytes(in);
            engine.put(Key.of(key), readBytes(in));
        }
    }

    private static void checkEnd(DataInputStream in, CheckedInputStream checked, long read) throws IOException {
        long count = in.readLong();
        int computed = (int) checked.getChecksum().getValue();
        int stored = in.readInt();
        if (count != read || computed != stored) {
            throw new IOException(String.format(
                    "damaged snapshot: %d keys of %d, CRC32C %08x in place of %08x", read, count, computed, stored));
        }
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes, int offset, int length) throws IOException {
        int rest = length;
        while (rest > 0x7f) {
            out.writeByte(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
        out.write(bytes, offset, length);
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        int length = 0;
        for (int shift = 0; ; shift += 7) {
            int part = in.readUnsignedByte();
            if (shift == 28 && part > 0x07) {
                throw new IOException("damaged snapshot: a length above 2 GiB");
            }
            length |= (part & 0x7f) << shift;
            if (part < 0x80) {
                break;
            }
        }
        // In steps, so that a damaged length ends in an exception and not in an allocation of 2 GiB.
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new EOFException("snapshot ends within a key or value of " + length + " bytes");
        }
        return bytes;
    }
}
