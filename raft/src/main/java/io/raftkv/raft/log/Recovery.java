package io.raftkv.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads all files when the log is opened, and decides for each record that is not valid whether it may go.
 *
 * <p>It may if it was never synced, so that nobody was told it is durable. That is not so if its file was sealed behind it
 * by the next one, or if any valid record behind it says that it was synced. Then it is damage, and the log does not open:
 * to leave it out would take back a vote or an acknowledged entry.
 *
 * <p>Threads: the one that opens the log.
 */
final class Recovery {
    private static final int WINDOW_BYTES = 1 << 20;

    private final Disk disk;
    private final String directory;
    private final long clusterHash;
    private final long serverId;
    private final Deque<Segment> segments = new ArrayDeque<>();
    private final RecoveredState state = new RecoveredState();
    private long lastLsn;
    private long lastEnd;
    private int lastCrc;
    /** How far a later record says that the file which was read last was synced; 0 if not even its header need be. */
    private long provenEnd;

    private record RecordEnd(long lsn, long offset) {}

    Recovery(Disk disk, String directory, long clusterHash, long serverId) {
        this.disk = disk;
        this.directory = directory;
        this.clusterHash = clusterHash;
        this.serverId = serverId;
    }

    Deque<Segment> segments() {
        return segments;
    }

    RecoveredState state() {
        return state;
    }

    /** The seal of the last file, in the header of the next one. */
    SegmentHeader nextHeader() {
        Segment last = segments.peekLast();
        long lastSeq = last == null ? 0 : last.seq();
        return new SegmentHeader(clusterHash, serverId, lastSeq + 1, lastSeq, lastEnd, lastLsn, lastCrc);
    }

    /** Reads all of it; nothing of it counts before {@link #makeDurable}. */
    void run() throws IOException {
        List<Long> seqs = Segment.sequenceNumbers(disk, directory);
        List<SegmentHeader> headers = new ArrayList<>();
        for (int i = 0; i < seqs.size(); i++) {
            long seq = seqs.get(i);
            if (i > 0 && seq != seqs.get(i - 1) + 1) {
                String missing = Segment.pathOf(directory, seqs.get(i - 1) + 1);
                throw LogException.damaged(missing, -1, "the file is missing");
            }
            Segment segment = openSegment(seq);
            SegmentHeader header = header(segment, i == seqs.size() - 1 && (i > 0 || seq == 1));
            if (header == null) {
                remove(segment);
            } else {
                segments.add(segment);
                headers.add(header);
            }
        }
        int at = 0;
        for (Segment segment : segments) {
            replay(segment, headers.get(at), at == 0, at + 1 < headers.size() ? headers.get(at + 1) : null);
            at++;
        }
        state.requireComplete(
                segments.isEmpty() ? directory : segments.getFirst().path());
    }

    /** Closes all files, when the log cannot be opened. */
    void abandon() throws IOException {
        for (Segment segment : segments) {
            segment.release();
        }
        segments.clear();
    }

    private Segment openSegment(long seq) throws IOException {
        String path = Segment.pathOf(directory, seq);
        return new Segment(seq, path, disk.open(path));
    }

    /** The header, or null if the file was just being made when the machine stopped, which only the last one can be. */
    private @Nullable SegmentHeader header(Segment segment, boolean mayBeHalfMade) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
        segment.read(bytes, 0);
        bytes.flip();
        if (SegmentHeader.isIntact(bytes)) {
            SegmentHeader header = SegmentHeader.decode(segment.path(), bytes);
            requireOurs(segment, header);
            return header;
        }
        // The header is synced before anything is written behind it.
        if (mayBeHalfMade && segment.size() <= SegmentHeader.BYTES) {
            return null;
        }
        throw LogException.damaged(segment.path(), 0, "the header of the file is damaged");
    }

    private void requireOurs(Segment segment, SegmentHeader header) throws LogException {
        if (header.seq() != segment.seq()) {
            throw LogException.damaged(
                    segment.path(), 16, "the file is number " + Long.toHexString(header.seq()) + " and was renamed");
        }
        if (header.clusterHash() != clusterHash || header.serverId() != serverId) {
            String whose = header.clusterHash() != clusterHash ? "another cluster" : "another server";
            throw new LogException(
                    segment.path(),
                    8,
                    "the log belongs to " + whose + " (server " + Long.toHexString(header.serverId())
                            + ", this is server " + Long.toHexString(serverId) + ")",
                    "check that the data folder is the right one");
        }
    }

    /** Removed durably, for the next file takes its number. */
    private void remove(Segment segment) throws IOException {
        segment.release();
        disk.delete(segment.path());
        disk.forceDirectory(directory);
    }

    private void replay(Segment segment, SegmentHeader header, boolean first, @Nullable SegmentHeader next)
            throws IOException {
        if (first) {
            lastLsn = header.previousLsn();
        } else if (header.previousLsn() != lastLsn || header.previousEnd() != lastEnd) {
            throw LogException.damaged(segment.path(), 32, "the file does not continue the one before it");
        }
        SegmentScanner scanner = new SegmentScanner(segment);
        long sealedEnd = next == null ? Long.MAX_VALUE : next.previousEnd();
        if (first && header.previousSeq() != 0) {
            state.filesBeforeAreGone();
        }
        state.beginSegment(segment);
        lastEnd = SegmentHeader.BYTES;
        lastCrc = 0;
        provenEnd = 0;
        Deque<RecordEnd> unproven = new ArrayDeque<>();
        while (lastEnd < sealedEnd) {
            RecordView record = scanner.at(lastEnd);
            if (record == null || record.lsn() != lastLsn + 1) {
                break;
            }
            state.replay(record);
            while (!unproven.isEmpty() && unproven.getFirst().lsn() <= record.durableLsn()) {
                provenEnd = unproven.removeFirst().offset();
            }
            unproven.add(new RecordEnd(record.lsn(), record.end()));
            lastLsn = record.lsn();
            lastEnd = record.end();
            lastCrc = record.crc();
        }
        if (next != null) {
            requireSealed(segment, next);
        } else {
            requireTorn(segment, scanner);
            state.requireSummary();
        }
        segment.readableEnd(lastEnd);
    }

    private void requireSealed(Segment segment, SegmentHeader next) throws LogException {
        if (lastEnd != next.previousEnd() || lastLsn != next.previousLsn() || lastCrc != next.previousCrc()) {
            throw LogException.damaged(
                    segment.path(),
                    Math.min(lastEnd, next.previousEnd()),
                    "the file is damaged before its end at " + next.previousEnd());
        }
    }

    private void requireTorn(Segment segment, SegmentScanner scanner) throws IOException {
        RecordView proof = scanner.provingDurable(lastEnd, lastLsn);
        if (proof != null) {
            throw LogException.damaged(
                    segment.path(),
                    lastEnd,
                    "record " + (lastLsn + 1) + " is damaged; record " + proof.lsn() + " at offset " + proof.offset()
                            + " says that it was durable");
        }
    }

    /**
     * What was found may be in the cache of the machine only, if just the process had died. It must not count before it is
     * durable: a vote that another server was told of could still be lost. To sync is not enough: if that failed before, the
     * system takes the bytes for written, and never writes them unless they are written again.
     */
    void makeDurable() throws IOException {
        Segment last = segments.peekLast();
        if (last != null) {
            writeAgain(last, provenEnd, lastEnd);
            last.force();
            disk.forceDirectory(directory);
        }
    }

    private static void writeAgain(Segment segment, long from, long to) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(WINDOW_BYTES, to - from));
        for (long at = from; at < to; at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), to - at));
            segment.read(buffer, at);
            segment.write(buffer.flip(), at);
        }
    }
}
