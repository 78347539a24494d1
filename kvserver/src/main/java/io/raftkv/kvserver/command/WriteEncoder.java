package io.raftkv.kvserver.command;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.session.SessionCommand;

/**
 * Builds the bytes of one write, as they stand in the log behind the head of a {@link SessionCommand}, for which it leaves room:
 *
 * <pre>
 * u8 version = 1 | u8 opcode | arguments
 * key, value = varint length | bytes          varint = 7 bits per byte, lowest first, high bit: more follow
 * </pre>
 *
 * <p>The arguments are told at {@link Opcode}.
 */
final class WriteEncoder {
    static final int VERSION = 1;
    private static final int ARGUMENTS_AT = SessionCommand.ROOM_BYTES + 2;

    private final byte[] bytes;
    private int at;

    private WriteEncoder(int opcode, int argumentBytes) {
        bytes = new byte[ARGUMENTS_AT + argumentBytes];
        bytes[SessionCommand.ROOM_BYTES] = VERSION;
        bytes[SessionCommand.ROOM_BYTES + 1] = (byte) opcode;
        at = ARGUMENTS_AT;
    }

    static WriteEncoder set(int condition, byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.SET, 1 + sizeOf(key) + sizeOf(value))
                .u8(condition)
                .put(key)
                .put(value);
    }

    static WriteEncoder setnx(byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.SETNX, sizeOf(key) + sizeOf(value))
                .put(key)
                .put(value);
    }

    static WriteEncoder getdel(byte[] key) {
        return new WriteEncoder(Opcode.GETDEL, sizeOf(key)).put(key);
    }

    static WriteEncoder append(int longest, byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.APPEND, sizeOf(longest) + sizeOf(key) + sizeOf(value))
                .varint(longest)
                .put(key)
                .put(value);
    }

    static WriteEncoder setrange(int offset, byte[] key, byte[] value) {
        return new WriteEncoder(Opcode.SETRANGE, sizeOf(offset) + sizeOf(key) + sizeOf(value))
                .varint(offset)
                .put(key)
                .put(value);
    }

    static WriteEncoder incrby(long difference, byte[] key) {
        long zigzag = difference << 1 ^ difference >> 63;
        return new WriteEncoder(Opcode.INCRBY, sizeOf(zigzag) + sizeOf(key))
                .varint(zigzag)
                .put(key);
    }

    /** Encodes {@code args[1..]} behind their count divided by {@code group}: keys, or pairs of key and value. */
    static WriteEncoder list(int opcode, byte[][] args, int group) {
        int count = (args.length - 1) / group;
        int size = sizeOf(count);
        for (int i = 1; i < args.length; i++) {
            size += sizeOf(args[i]);
        }
        WriteEncoder encoder = new WriteEncoder(opcode, size).varint(count);
        for (int i = 1; i < args.length; i++) {
            encoder.put(args[i]);
        }
        return encoder;
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

    /** How long the log command will be at most. */
    int length() {
        return bytes.length;
    }

    /** The write, to be executed as often as it is proposed. Nothing may be asked of this encoder afterwards. */
    Bytes plain() {
        return SessionCommand.plainAround(encoded());
    }

    /** The write, to be executed once, see {@link SessionCommand#command}. Likewise. */
    Bytes once(long session, long sequence, long ackedBelow) {
        return SessionCommand.commandAround(encoded(), session, sequence, ackedBelow);
    }

    private byte[] encoded() {
        if (at != bytes.length) {
            throw new IllegalStateException("encoded " + at + " of " + bytes.length + " bytes");
        }
        return bytes;
    }

    private static int sizeOf(byte[] field) {
        return sizeOf(field.length) + field.length;
    }

    private static int sizeOf(long varint) {
        return (Long.SIZE - Long.numberOfLeadingZeros(varint | 1) + 6) / 7;
    }
}
