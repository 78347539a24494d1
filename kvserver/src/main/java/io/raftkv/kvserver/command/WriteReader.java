package io.raftkv.kvserver.command;

import io.raftkv.raft.Bytes;

/**
 * Reads the arguments of an encoded write. What does not fit the format is an {@link IllegalStateException}: the log is
 * damaged or of a newer release, and the replica must stop rather than differ from others.
 */
final class WriteReader {
    private final Bytes bytes;
    private int at;

    WriteReader(Bytes bytes) {
        this.bytes = bytes;
        int version = u8();
        if (version != WriteEncoder.VERSION) {
            throw new IllegalStateException(
                    "a write of version " + version + " was made by a newer release; upgrade this one");
        }
    }

    int u8() {
        return bytes.byteAt(at++) & 0xff;
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int part = u8();
            value |= (long) (part & 0x7f) << shift;
            if (part < 0x80) {
                return value;
            }
        }
        throw new IllegalStateException("a number of more than 64 bits in a write");
    }

    long zigzag() {
        long value = varint();
        return value >>> 1 ^ -(value & 1);
    }

    int length() {
        long length = varint();
        if (length < 0 || length > bytes.length()) {
            throw new IllegalStateException("a length of " + length + " in a write of " + bytes.length() + " bytes");
        }
        return (int) length;
    }

    /** A copy of its own: what is stored must not keep the whole batch alive. */
    byte[] array() {
        int length = length();
        byte[] array = bytes.slice(at, at + length).toArray();
        at += length;
        return array;
    }

    void end() {
        if (at != bytes.length()) {
            throw new IllegalStateException((bytes.length() - at) + " bytes are left over in a write");
        }
    }
}
