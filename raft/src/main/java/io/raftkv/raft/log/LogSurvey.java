package io.raftkv.raft.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is in the log of a server that does not run: read in full, checked, and left as it is. A damaged log is read too: its
 * groups are as they were before the first damage.
 *
 * @param serverId to whom the log belongs, 0 if no file says it
 * @param cluster stands for the id of the cluster, 0 if no file says it
 * @param files in order
 * @param damages what was durable and is not any more; empty if a server could start
 * @param setAside names of the files of earlier damages
 */
public record LogSurvey(
        long serverId,
        long cluster,
        List<LogFile> files,
        List<Damage> damages,
        SortedMap<Long, RecoveredGroup> groups,
        SortedMap<Long, List<Stretch>> stretches,
        List<String> setAside) {
    public LogSurvey {
        files = List.copyOf(files);
        damages = List.copyOf(damages);
        groups = Collections.unmodifiableSortedMap(new TreeMap<>(groups));
        stretches = Collections.unmodifiableSortedMap(new TreeMap<>(stretches));
        setAside = List.copyOf(setAside);
    }

    /**
     * One file.
     *
     * @param bytes its size, room that was allocated ahead included
     * @param records that are sound
     * @param end where the last of them ends
     */
    public record LogFile(String path, long bytes, long records, long firstLsn, long lastLsn, long end) {}

    /**
     * Something that was durable and is not any more.
     *
     * @param offset -1 if it is about the file as a whole
     * @param text says where, what, and what to do
     */
    public record Damage(String path, long offset, String text) {}

    /** Where entries of one term lie: in {@code [from, to)} of a file, with other things between them perhaps. */
    public record Stretch(String path, long from, long to, long term, long firstIndex, long lastIndex) {}

    /**
     * Reads the log in {@code directory}, holding its lock meanwhile.
     *
     * @throws LogException if a server uses it, or it is of another version; damage is part of the result
     */
    @SuppressWarnings("try") // the lock is only held
    public static LogSurvey of(Disk disk, String directory) throws IOException {
        try (Closeable lock = SharedLog.lock(disk, directory)) {
            return survey(new ReadOnlyDisk(disk), directory);
        }
    }

    private static LogSurvey survey(Disk disk, String directory) throws IOException {
        List<LogFile> files = new ArrayList<>();
        List<Segment> segments = new ArrayList<>();
        List<@Nullable SegmentHeader> headers = new ArrayList<>();
        try {
            for (long seq : Segment.sequenceNumbers(disk, directory)) {
                String path = Segment.pathOf(directory, seq);
                Segment segment = new Segment(seq, path, disk.open(path));
                segments.add(segment);
                headers.add(header(segment));
            }
            List<Damage> damages = new ArrayList<>();
            for (int i = 0; i < segments.size(); i++) {
                SegmentHeader next = i + 1 < segments.size() ? headers.get(i + 1) : null;
                files.add(scan(segments.get(i), next == null ? 0 : next.previousEnd(), damages));
            }
            SegmentHeader owner = headers.stream()
                    .filter(header -> header != null)
                    .findFirst()
                    .orElse(null);
            return replayed(disk, directory, owner, files, damages);
        } finally {
            for (Segment segment : segments) {
                segment.release();
            }
        }
    }

    private static @Nullable SegmentHeader header(Segment segment) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
        segment.read(bytes, 0);
        bytes.flip();
        return SegmentHeader.isIntact(bytes) ? SegmentHeader.decode(segment.path(), bytes) : null;
    }

    /** @param sealedEnd up to where the next file says that there are records, 0 if none says so */
    private static LogFile scan(Segment segment, long sealedEnd, List<Damage> damages) throws IOException {
        SegmentScanner scanner = new SegmentScanner(segment);
        long records = 0;
        long firstLsn = 0;
        long lastLsn = 0;
        long end = SegmentHeader.BYTES;
        RecordView record = scanner.firstValid(end);
        while (record != null) {
            reportGap(segment, end, Math.min(record.offset(), sealedEnd), damages);
            records++;
            firstLsn = firstLsn == 0 ? record.lsn() : firstLsn;
            lastLsn = record.lsn();
            end = record.end();
            record = scanner.firstValid(end);
        }
        reportGap(segment, end, sealedEnd, damages);
        return new LogFile(segment.path(), segment.size(), records, firstLsn, lastLsn, end);
    }

    private static void reportGap(Segment segment, long from, long to, List<Damage> damages) {
        if (from < to) {
            LogException damage = LogException.damaged(segment.path(), from, (to - from) + " bytes are damaged");
            damages.add(new Damage(segment.path(), from, String.valueOf(damage.getMessage())));
        }
    }

    private static LogSurvey replayed(
            Disk disk, String directory, @Nullable SegmentHeader owner, List<LogFile> files, List<Damage> damages)
            throws IOException {
        long serverId = owner == null ? 0 : owner.serverId();
        long cluster = owner == null ? 0 : owner.clusterHash();
        Recovery recovery = new Recovery(disk, directory, cluster, serverId);
        try {
            recovery.run();
        } catch (LogException e) {
            boolean known = damages.stream()
                    .anyMatch(damage -> damage.path().equals(e.file()) && damage.offset() == e.offset());
            if (!known) {
                damages.add(0, new Damage(e.file(), e.offset(), String.valueOf(e.getMessage())));
            }
        } finally {
            recovery.abandon();
        }
        SortedMap<Long, List<Stretch>> stretches = new TreeMap<>();
        recovery.state().groups().forEach((id, group) -> stretches.put(id, stretches(group)));
        List<String> setAside = disk.list(directory).stream()
                .filter(name -> name.contains(DamagedLog.SUFFIX))
                .toList();
        return new LogSurvey(serverId, cluster, files, damages, recovery.state().recovered(), stretches, setAside);
    }

    private static List<Stretch> stretches(GroupIndex group) {
        List<Stretch> stretches = new ArrayList<>();
        for (Extent extent : group.extents()) {
            String path =
                    extent.segment() == null ? "missing" : extent.segment().path();
            stretches.add(new Stretch(
                    path, extent.from(), extent.to(), extent.term(), extent.firstIndex(), extent.lastIndex()));
        }
        return stretches;
    }
}
