package io.raftkv.callback;

import java.nio.charset.StandardCharsets;

/**
 * From a key to its shard: the Redis Cluster rule gives the hash slot, contiguous ranges of hash slots are the shards.
 * Clients and servers share this class, so that they cannot differ.
 *
 * <p>Threads: stateless.
 */
public final class KeySlot {
    /** The number of hash slots. */
    public static final int SLOTS = 16384;

    private static final int[] CRC = table();

    private KeySlot() {}

    /** The hash slot of a key: CRC16/XMODEM of its tag, or of all of it, modulo {@link #SLOTS}. */
    public static int of(byte[] key) {
        int open = indexOf(key, '{', 0);
        int close = open < 0 ? -1 : indexOf(key, '}', open + 1);
        boolean tagged = close > open + 1;
        return (tagged ? crc16(key, open + 1, close) : crc16(key, 0, key.length)) % SLOTS;
    }

    /** As {@link #of(byte[])}, of the key's UTF-8 bytes. */
    public static int of(String key) {
        return of(key.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The shard that holds a hash slot.
     *
     * @param slot {@code [0, SLOTS)}
     * @param shards their number, {@code [1, SLOTS]}
     */
    public static int shardOf(int slot, int shards) {
        return (int) ((long) slot * shards / SLOTS);
    }

    /** The shard that holds a key. */
    public static int shardOf(byte[] key, int shards) {
        return shardOf(of(key), shards);
    }

    /** The first hash slot of a shard. */
    public static int firstSlot(int shard, int shards) {
        return (int) (((long) shard * SLOTS + shards - 1) / shards);
    }

    /** The last hash slot of a shard, inclusive. */
    public static int lastSlot(int shard, int shards) {
        return firstSlot(shard + 1, shards) - 1;
    }

    private static int indexOf(byte[] key, char wanted, int from) {
        for (int i = from; i < key.length; i++) {
            if (key[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static int crc16(byte[] bytes, int from, int to) {
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc = (crc << 8 ^ CRC[(crc >>> 8 ^ bytes[i]) & 0xFF]) & 0xFFFF;
        }
        return crc;
    }

    // The polynomial is 0x1021, as in the Redis Cluster specification.
    private static int[] table() {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
            table[i] = crc & 0xFFFF;
        }
        return table;
    }
}
