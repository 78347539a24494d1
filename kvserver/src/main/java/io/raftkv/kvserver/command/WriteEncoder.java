package io.raftkv.kvserver.command;

import io.raftkv.raft.Bytes;

/**
 * Builds the bytes of one write, as they stand in the log:
 *
 * <pre>
 * u8 version = 1 | u8 flags | [flag 1: u64 session | varint sequence | varint acknowledged below] | u8 opcode | arguments
 * key, value = varint length | bytes          varint = 7 bits per byte, lowest first, high bit: more follow
 * </pre>
 *
 * <p>The room for a session is for exactly-once writes; no flag is set yet. The arguments are told at {@link Opcode}.
 */
final class WriteEncoder {
    static final int VERSION = 1;
    private static final int HEADER_BYTES = 3;

    private final byte[] bytes;
    private int at;

    private WriteEncoder(int opcode, int argumentBytes) {
        bytes = new byte[HEADER_BYTES + argumentBytes];
        bytes[0] = VERSION;
        bytes[2] = (byte) opcode;
        at = HEADER_BYTES;
    }

    static Bytes set(int condition, byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.SET, 1 + sizeOf(key) + sizeOf(value))
                .u8(condition)
                .put(key)
                .put(value)
                .done();
    }

    static Bytes setnx(byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.SETNX, sizeOf(key) + sizeOf(value))
                .put(key)
                .put(value)
                .done();
    }

    static Bytes getdel(byte[] key) {
        return new WriteEncoder(Opcode.GETDEL, sizeOf(key)).put(key).done();
    }

    static Bytes append(int longest, byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.APPEND, sizeOf(longest) + sizeOf(key) + sizeOf(value))
                .varint(longest)
                .put(key)
                .put(value)
                .done();
    }

    static Bytes setrange(int offset, byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.SETRANGE, sizeOf(offset) + sizeOf(key) + sizeOf(value))
                .varint(offset)
                .put(key)
                .put(value)
                .done();
    }

    static Bytes incrby(long difference, byte[] key) {
        long zigzag = difference << 1 ^ difference >> 63;
        return new WriteEncoder(Opcode.INCRBY, sizeOf(zigzag) + sizeOf(key))
                .varint(zigzag)
                .put(key)
                .done();
    }

    /** Encodes {@code args[1..]} behind their count divided by {@code group}: keys, or pairs of key and value. */
    static Bytes list(int opcode, byte[][] args, int group) {
        int count = (args.length - 1) / group;
        int size = sizeOf(count);
        for (int i = 1; i < args.length; i++) {
            size += sizeOf(args[i]);
        }
        WriteEncoder encoder = new WriteEncoder(opcode, size).varint(count);
        for (int i = 1; i < args.length; i++) {
            encoder.put(args[i]);
        }
        return encoder.done();
    }

    private WriteEncoder u8(int value) {
        bytes[at++] = (byte) value;
        return this;
    }

    private WriteEncoder varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[at++] = (byte) (rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        bytes[at++] = (byte) rest;
        return this;
    }

    private WriteEncoder put(byte[] field) {
        varint(field.length);
        System.arraycopy(field, 0, bytes, at, field.length);
        at += field.length;
        return this;
    }

    private Bytes done() {
        if (at != bytes.length) {
            throw new IllegalStateException("encoded " + at + " of " + bytes.length + " bytes");
        }
        return Bytes.wrap(bytes);
    }

    private static int sizeOf(byte[] field) {
        return sizeOf(field.length) + field.length;
    }

    private static int sizeOf(long varint) {
        return (Long.SIZE - Long.numberOfLeadingZeros(varint | 1) + 6) / 7;
    }
}
