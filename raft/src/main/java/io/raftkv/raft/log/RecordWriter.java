package io.raftkv.raft.log;

import io.raftkv.raft.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Builds records in one direct buffer that is used again and again, and writes them to the end of a file. A record larger
 * than the buffer leaves in parts, its checksum last.
 *
 * <p>Threads: the log's.
 */
final class RecordWriter {
    private final ByteBuffer staging;
    private final ByteBuffer late = ByteBuffer.allocateDirect(Integer.BYTES);
    private final ByteBuffer seed = RecordFormat.newSeed();
    private final CRC32C crc = new CRC32C();
    private final LogOptions options;

    private Segment segment;
    /** Where in the file the buffer begins. */
    private long stagingOffset;
    /** Where in the file the present record begins. */
    private long recordOffset;
    /** From where in the buffer the checksum of the present record still lacks. */
    private int summedTo;

    private long bytesWritten;

    RecordWriter(LogOptions options, Segment segment, long offset) {
        this.options = options;
        this.staging = ByteBuffer.allocateDirect(options.stagingBytes());
        this.segment = segment;
        this.stagingOffset = offset;
    }

    /** Goes on at {@code offset} of another file; all of this one was flushed. */
    void switchTo(Segment next, long offset) {
        segment = next;
        stagingOffset = offset;
    }

    /** Where the next record begins. */
    long offset() {
        return stagingOffset + staging.position();
    }

    /** Where the present record begins. */
    long recordOffset() {
        return recordOffset;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    void begin(long length, short type, long lsn, long durableLsn, int items) throws IOException {
        if (length > Integer.MAX_VALUE) {
            throw new IllegalStateException("a record of " + length + " bytes is too long");
        }
        ensure(RecordFormat.HEADER_BYTES);
        int at = staging.position();
        recordOffset = offset();
        staging.putInt((int) length).putInt(0).putLong(lsn).putLong(durableLsn);
        staging.putShort(type).putShort((short) 0).putInt(items);
        RecordFormat.beginCrc(crc, seed, segment.seq(), recordOffset, staging, at);
        summedTo = staging.position();
    }

    RecordWriter putItem(byte kind, long groupId) throws IOException {
        ensure(RecordFormat.ITEM_BYTES);
        staging.put(kind).putLong(groupId);
        return this;
    }

    RecordWriter putInt(int value) throws IOException {
        ensure(Integer.BYTES);
        staging.putInt(value);
        return this;
    }

    RecordWriter putLong(long value) throws IOException {
        ensure(Long.BYTES);
        staging.putLong(value);
        return this;
    }

    void putBytes(Bytes bytes) throws IOException {
        if (bytes.length() <= staging.remaining()) {
            bytes.putTo(staging);
            return;
        }
        for (int from = 0; from < bytes.length(); ) {
            ensure(1);
            int to = Math.min(bytes.length(), from + staging.remaining());
            bytes.slice(from, to).putTo(staging);
            from = to;
        }
    }

    /** Ends the record and returns its checksum. */
    int end() throws IOException {
        while (offset() % RecordFormat.ALIGNMENT != 0) {
            ensure(1);
            staging.put((byte) 0);
        }
        sumUp();
        int sum = (int) crc.getValue();
        if (recordOffset >= stagingOffset) {
            staging.putInt((int) (recordOffset - stagingOffset) + RecordFormat.CRC_AT, sum);
        } else {
            segment.write(late.clear().putInt(sum).flip(), recordOffset + RecordFormat.CRC_AT);
        }
        return sum;
    }

    /** Writes out what is in the buffer. */
    void flush() throws IOException {
        if (staging.position() == 0) {
            return;
        }
        int bytes = staging.position();
        long end = stagingOffset + bytes;
        if (options.preallocateBytes() > 0 && end > segment.allocatedEnd() && end < options.segmentBytes()) {
            segment.allocate(end, Math.min(end + options.preallocateBytes(), options.segmentBytes()));
        }
        segment.write(staging.flip(), stagingOffset);
        staging.clear();
        stagingOffset = end;
        bytesWritten += bytes;
    }

    private void ensure(int bytes) throws IOException {
        if (staging.remaining() < bytes) {
            sumUp();
            flush();
            summedTo = 0;
        }
    }

    private void sumUp() {
        if (summedTo < staging.position()) {
            RecordFormat.update(crc, staging, summedTo, staging.position());
            summedTo = staging.position();
        }
    }
}
