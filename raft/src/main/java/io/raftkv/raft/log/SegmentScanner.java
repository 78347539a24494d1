package io.raftkv.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads the records of one file in order, through a window that grows with the largest record. */
final class SegmentScanner {
    private static final int WINDOW_BYTES = 1 << 20;

    private final Segment segment;
    private final long size;
    private ByteBuffer window = ByteBuffer.allocate(0);
    private long windowOffset;

    SegmentScanner(Segment segment) throws IOException {
        this.segment = segment;
        this.size = segment.size();
    }

    long size() {
        return size;
    }

    /** The record at {@code offset}, or null if none is valid there. It is gone after the next call. */
    @Nullable
    RecordView at(long offset) throws IOException {
        if (size - offset < RecordFormat.HEADER_BYTES) {
            return null;
        }
        int length = window(offset, RecordFormat.HEADER_BYTES).getInt((int) (offset - windowOffset));
        if (length < RecordFormat.HEADER_BYTES || length > size - offset) {
            return null;
        }
        return RecordView.at(
                segment.path(), segment.seq(), offset, window(offset, length), (int) (offset - windowOffset));
    }

    /** The first valid record at or behind {@code offset}, whatever it is. */
    @Nullable
    RecordView firstValid(long offset) throws IOException {
        return search(offset, 0, 0);
    }

    /**
     * Looks behind {@code offset} for a record that was built when the one after {@code lastLsn} was known to be
     * synced.
     *
     * @param lastLsn the LSN of the last valid record
     */
    @Nullable
    RecordView provingDurable(long offset, long lastLsn) throws IOException {
        return search(offset, lastLsn + 1, lastLsn + (size - offset) / RecordFormat.HEADER_BYTES);
    }

    /** @param maxLsn 0 if it is not known */
    private @Nullable RecordView search(long offset, long minDurableLsn, long maxLsn) throws IOException {
        for (long at = offset; size - at >= RecordFormat.HEADER_BYTES; at += RecordFormat.ALIGNMENT) {
            ByteBuffer buffer = window(at, RecordFormat.HEADER_BYTES);
            int position = (int) (at - windowOffset);
            long lsn = buffer.getLong(position + RecordFormat.LSN_AT);
            long durableLsn = buffer.getLong(position + RecordFormat.DURABLE_LSN_AT);
            // A cheap look at the numbers spares nearly all checksums.
            boolean plausible = durableLsn >= minDurableLsn && lsn > durableLsn && (maxLsn == 0 || lsn <= maxLsn);
            if (plausible) {
                RecordView record = at(at);
                if (record != null) {
                    return record;
                }
            }
        }
        return null;
    }

    private ByteBuffer window(long offset, int length) throws IOException {
        if (offset < windowOffset || offset + length > windowOffset + window.limit()) {
            int wanted = (int) Math.min(Math.max(length, WINDOW_BYTES), size - offset);
            if (window.capacity() < wanted) {
                window = ByteBuffer.allocate(wanted);
            }
            window.clear().limit(wanted);
            windowOffset = offset;
            segment.read(window, offset);
            window.flip();
            if (window.limit() < wanted) {
                throw LogException.damaged(segment.path(), offset + window.limit(), "the file became shorter");
            }
        }
        return window;
    }
}
