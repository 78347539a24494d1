package io.raftkv.kvserver.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Where a key stands in scan order: 14 bits of hash slot, then 48 bits of a hash of the key (docs/adr/0001). Cursors that
 * clients hold name positions, so this function never changes.
 *
 * <p>Threads: any.
 */
public final class Position {
    /** The first position behind all others. */
    public static final long END = 1L << 62;

    private static final int HASH_BITS = 48;
    private static final long SEED = 0x9E3779B97F4A7C15L;
    private static final long MULTIPLIER = 0xBF58476D1CE4E5B9L;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Position() {}

    /** The position of a key of this hash slot. */
    public static long of(int hashSlot, byte[] key) {
        return firstOf(hashSlot) | hash(key) >>> (Long.SIZE - HASH_BITS);
    }

    /** The first position of a hash slot; that of 16384 is {@link #END}. */
    public static long firstOf(int hashSlot) {
        return (long) hashSlot << HASH_BITS;
    }

    /** The hash slot of a position. */
    public static int hashSlotOf(long position) {
        return (int) (position >>> HASH_BITS);
    }

    /** Eight bytes at a time, then the finish of SplitMix64, in which every input bit reaches every output bit. */
    private static long hash(byte[] key) {
        long hash = SEED + key.length;
        int at = 0;
        for (; at + Long.BYTES <= key.length; at += Long.BYTES) {
            hash = mix(hash ^ (long) LONGS.get(key, at));
        }
        long tail = 0;
        for (int i = key.length - 1; i >= at; i--) {
            tail = tail << 8 | key[i] & 0xff;
        }
        return mix(mix(hash ^ tail));
    }

    private static long mix(long value) {
        long z = (value ^ value >>> 30) * MULTIPLIER;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
