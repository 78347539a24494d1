package io.raftkv.raft.log;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.core.Entry;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Consecutive entries of one term in a record that has been read. The bodies are not copied before they are asked for.
 *
 * @param moved whether they are copies of entries from an older file
 * @param bytes of all bodies
 * @param frames one after the other, from position to limit
 */
record EntryRun(long groupId, boolean moved, long term, long firstIndex, int count, long bytes, ByteBuffer frames) {

    static EntryRun decode(long groupId, boolean moved, ByteBuffer in) {
        long term = in.getLong();
        long first = in.getLong();
        int count = in.getInt();
        int start = in.position();
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            int length = in.getInt();
            in.getInt();
            in.position(in.position() + length);
            bytes += length;
        }
        return new EntryRun(groupId, moved, term, first, count, bytes, in.slice(start, in.position() - start));
    }

    long lastIndex() {
        return firstIndex + count - 1;
    }

    /** Hands out copies of the entries {@code [from, to]}, so far as they are here. */
    void forEach(long from, long to, String path, long offset, Consumer<Entry> consumer) throws LogException {
        ByteBuffer in = frames.duplicate();
        for (long index = firstIndex; index <= Math.min(to, lastIndex()); index++) {
            int length = in.getInt();
            int crc = in.getInt();
            if (index < from) {
                in.position(in.position() + length);
                continue;
            }
            byte[] body = new byte[length];
            in.get(body);
            Entry entry = new Entry(index, term, Bytes.wrap(body), crc);
            if (Entry.crcOf(entry.body()) != crc) {
                throw LogException.damaged(
                        path, offset, "entry " + entry + " of group " + groupId + " does not have its checksum");
            }
            consumer.accept(entry);
        }
    }
}
