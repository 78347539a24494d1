package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What can be done with a log that {@link SharedLog#open} found damaged: its files get other names, so that a new log can
 * begin beside them. None is deleted: they may be all that is left of some entry.
 *
 * <p>Threads: the one that opens the log.
 */
public final class DamagedLog {
    /** Follows the name of a file that was set aside, and is followed by how often that had happened before. */
    public static final String SUFFIX = ".damaged-";

    private DamagedLog() {}

    /** Makes it durable, before any file gets another name, that {@code groups} lost something. */
    public interface Note {
        /** @param genesis the first configurations of those of which the log told them */
        void write(SortedSet<Long> groups, SortedMap<Long, Configuration> genesis) throws IOException;
    }

    /**
     * Sets all files of the log in {@code directory} aside, newest first.
     *
     * @param note is told of all groups that a readable record names
     */
    @SuppressWarnings("try") // The lock is only held.
    public static void setAside(Disk disk, String directory, Note note) throws IOException {
        try (Closeable lock = SharedLog.lock(disk, directory)) {
            List<Long> seqs = new ArrayList<>(Segment.sequenceNumbers(disk, directory));
            GroupsSeen seen = groups(disk, directory, seqs);
            note.write(seen.groups, seen.genesis);
            String suffix = SUFFIX + nextNumber(disk, directory);
            seqs.sort(Comparator.reverseOrder());
            for (long seq : seqs) {
                String path = Segment.pathOf(directory, seq);
                disk.rename(path, path + suffix);
            }
            disk.forceDirectory(directory);
        }
    }

    private static int nextNumber(Disk disk, String directory) throws IOException {
        int last = 0;
        for (String name : disk.list(directory)) {
            int at = name.indexOf(SUFFIX);
            if (at >= 0 && name.substring(at + SUFFIX.length()).matches("\\d{1,6}")) {
                last = Math.max(last, Integer.parseInt(name.substring(at + SUFFIX.length())));
            }
        }
        return last + 1;
    }

    private static GroupsSeen groups(Disk disk, String directory, List<Long> seqs) throws IOException {
        GroupsSeen seen = new GroupsSeen();
        for (long seq : seqs) {
            String path = Segment.pathOf(directory, seq);
            Segment segment = new Segment(seq, path, disk.open(path));
            try {
                SegmentScanner scanner = new SegmentScanner(segment);
                RecordView record = scanner.firstValid(SegmentHeader.BYTES);
                while (record != null) {
                    record.visit(seen);
                    record = scanner.firstValid(record.end());
                }
            } finally {
                segment.release();
            }
        }
        return seen;
    }

    private static final class GroupsSeen implements RecordView.Visitor {
        final SortedSet<Long> groups = new TreeSet<>();
        final SortedMap<Long, Configuration> genesis = new TreeMap<>();

        @Override
        public void hardState(long groupId, HardState state) {
            groups.add(groupId);
        }

        @Override
        public void entries(EntryRun run) {
            groups.add(run.groupId());
        }

        @Override
        public void start(long groupId, LogPosition start, boolean replacesLog) {
            groups.add(groupId);
        }

        @Override
        public void genesis(long groupId, Configuration first) {
            groups.add(groupId);
            genesis.put(groupId, first);
        }

        /** Of a group that is gone for good, a mark does no harm. */
        @Override
        public void drop(long groupId) {
            groups.add(groupId);
            genesis.remove(groupId);
        }

        @Override
        public void group(long groupId, HardState state, LogPosition start, long lastIndex, long incarnation) {
            groups.add(groupId);
        }

        @Override
        public void replica(long groupId, long incarnation) {
            groups.add(groupId);
        }

        @Override
        public void tombstone(long groupId, long incarnation) {
            groups.add(groupId);
        }
    }
}
