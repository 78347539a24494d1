package io.raftkv.raft.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a record looks: all that one append call wants durable, as a whole or not at all.
 *
 * <pre>
 * record: u32 length, a multiple of 8 | u32 CRC32C | u64 LSN | u64 durable LSN | u16 type | u16 0 | u32 items | items | zeros
 * items:  u8 kind | u64 group | ...
 *   HARD_STATE     u64 term | u64 voted-for server, 0 if none | u64 its incarnation
 *   ENTRIES        u64 term | u64 first index | u32 count | count × (u32 length | u32 CRC32C | body)
 *   MOVED_ENTRIES  the same: entries of an old file that were copied, in place of those
 *   START          u64 index | u64 term
 *   REPLACE        the same: the log did not hold this entry, so that all of it went
 *   REPLICA        u64 incarnation: of the replica that all later items of the group are of
 *   DROP           all of the group goes; what stays is that this incarnation was here
 *   GENESIS        u32 length | configuration: the one with which the group began, while the log begins at index 0
 *   TOMBSTONE      u64 incarnation: in a summary, what stayed of a group that was dropped
 *   GROUP          u64 term | u64 voted-for server | u64 its incarnation | u64 start index | u64 start term | u64 last index
 *                  | u64 own incarnation, 0 if not told
 * </pre>
 *
 * The checksum is taken over file number, offset, and all of the record but itself: what lies at the wrong place or is left
 * over from before never looks valid. The <em>durable LSN</em> is the last record known to be synced when this one was
 * built; it tells a torn tail from damage.
 */
final class RecordFormat {
    static final int HEADER_BYTES = 32;
    static final int CRC_AT = 4;
    static final int LSN_AT = 8;
    static final int DURABLE_LSN_AT = 16;
    static final int TYPE_AT = 24;
    static final int ITEMS_AT = 28;
    static final int ALIGNMENT = 8;

    /** What groups wrote. */
    static final short WRITES = 1;
    /** The state of all groups where a file begins; makes the files before it superfluous for all but entries. */
    static final short SUMMARY = 2;
    /** No items; says by its durable LSN that what is before it was synced. */
    static final short MARK = 3;

    static final byte HARD_STATE = 1;
    static final byte ENTRIES = 2;
    static final byte MOVED_ENTRIES = 3;
    static final byte START = 4;
    static final byte REPLACE = 5;
    static final byte DROP = 6;
    static final byte GROUP = 7;
    static final byte REPLICA = 8;
    static final byte TOMBSTONE = 9;
    static final byte GENESIS = 10;

    static final int ITEM_BYTES = 1 + Long.BYTES;
    static final int HARD_STATE_BYTES = ITEM_BYTES + 3 * Long.BYTES;
    static final int ENTRIES_BYTES = ITEM_BYTES + 2 * Long.BYTES + Integer.BYTES;
    static final int ENTRY_BYTES = 2 * Integer.BYTES;
    static final int START_BYTES = ITEM_BYTES + 2 * Long.BYTES;
    static final int GROUP_BYTES = ITEM_BYTES + 7 * Long.BYTES;
    static final int REPLICA_BYTES = ITEM_BYTES + Long.BYTES;
    /** Before the configuration. */
    static final int GENESIS_BYTES = ITEM_BYTES + Integer.BYTES;

    private RecordFormat() {}

    static long aligned(long bytes) {
        return bytes + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Begins a checksum with the place of the record and its header, which stands at {@code at} of {@code buffer}. */
    static void beginCrc(CRC32C crc, ByteBuffer seed, long seq, long offset, ByteBuffer buffer, int at) {
        seed.clear();
        seed.putLong(seq).putLong(offset).putInt(buffer.getInt(at));
        crc.reset();
        crc.update(seed.flip());
        update(crc, buffer, at + LSN_AT, at + HEADER_BYTES);
    }

    /** A buffer for {@link #beginCrc}. */
    static ByteBuffer newSeed() {
        return ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES);
    }

    static void update(CRC32C crc, ByteBuffer buffer, int from, int to) {
        int position = buffer.position();
        int limit = buffer.limit();
        crc.update(buffer.limit(to).position(from));
        buffer.limit(limit).position(position);
    }
}
