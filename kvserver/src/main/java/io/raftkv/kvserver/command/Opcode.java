package io.raftkv.kvserver.command;

/** The writes that a log may hold. Their numbers stand in logs: they are never changed nor used twice. */
final class Opcode {
    /** {@code u8 condition bits | key | value}. */
    static final int SET = 1;
    /** {@code key | value}; answers 1 or 0. */
    static final int SETNX = 2;
    /** {@code varint count | keys}. */
    static final int DEL = 3;
    /** {@code key}. */
    static final int GETDEL = 4;
    /** {@code varint longest value allowed | key | value}. */
    static final int APPEND = 5;
    /** {@code varint offset | key | value}; the longest value was checked by the encoder, as the offset tells it. */
    static final int SETRANGE = 6;
    /** {@code zigzag varint difference | key}. */
    static final int INCRBY = 7;
    /** {@code varint count | count × (key | value)}. */
    static final int MSET = 8;
    /** As {@link #MSET}; all or nothing. */
    static final int MSETNX = 9;

    /** Bits of {@link #SET}. */
    static final int IF_ABSENT = 1;

    static final int IF_PRESENT = 2;
    static final int RETURN_OLD = 4;

    private Opcode() {}
}
