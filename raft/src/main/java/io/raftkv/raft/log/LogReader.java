package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads entries back. Threads: any, it has no state. */
final class LogReader {
    private LogReader() {}

    /** Entries {@code [from, to]} as far as they are durable, up to {@code maxBytes} but at least one. */
    static List<Entry> read(GroupIndex group, long from, long to, long maxBytes) throws IOException {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        for (Extent extent : group.locate(from, to, maxBytes)) {
            if (bytes + extent.bytes() > maxBytes && !entries.isEmpty()) {
                // It is read as a whole, so by whoever takes all of it.
                return entries;
            }
            for (Entry entry : readExtent(group, extent, from, to)) {
                bytes += entry.bytes();
                if (bytes > maxBytes && !entries.isEmpty()) {
                    return entries;
                }
                entries.add(entry);
            }
            if (entries.isEmpty() || entries.get(entries.size() - 1).index() < Math.min(to, extent.lastIndex())) {
                // The rest is not durable yet.
                return entries;
            }
        }
        return entries;
    }

    /** The entries of {@code extent} in {@code [from, to]}; those that are not durable yet are missing at the end. */
    static List<Entry> readExtent(GroupIndex group, Extent extent, long from, long to) throws IOException {
        Segment segment = extent.segment();
        if (segment == null || !segment.acquire()) {
            // Collected after the look-up; the entries went before the file did.
            throw new CompactedException(group.groupId(), from, group.start().index());
        }
        try {
            long end = Math.min(extent.to(), segment.readableEnd());
            ByteBuffer buffer = ByteBuffer.allocate((int) Math.max(0, end - extent.from()));
            segment.read(buffer, extent.from());
            Collector collector = new Collector(group.groupId(), extent, segment.path(), from, to);
            for (int at = 0; at < buffer.limit(); ) {
                long offset = extent.from() + at;
                RecordView record = RecordView.at(segment.path(), segment.seq(), offset, buffer, at);
                if (record == null) {
                    throw LogException.damaged(segment.path(), offset, "a record that was durable is damaged");
                }
                record.visit(collector);
                at += record.length();
            }
            return collector.found();
        } finally {
            segment.release();
        }
    }

    private static final class Collector implements RecordView.Visitor {
        /** By index, from {@link #from} on. */
        private final @Nullable Entry[] found;

        private final long groupId;
        private final Extent extent;
        private final String path;
        private final long from;
        private final long to;

        Collector(long groupId, Extent extent, String path, long from, long to) {
            this.groupId = groupId;
            this.extent = extent;
            this.path = path;
            this.from = Math.max(from, extent.firstIndex());
            this.to = Math.min(to, extent.lastIndex());
            this.found = new Entry[(int) Math.max(0, this.to - this.from + 1)];
        }

        /** The entries up to the first that is missing. */
        List<Entry> found() {
            return Arrays.stream(found).takeWhile(Objects::nonNull).toList();
        }

        @Override
        public void entries(EntryRun run) throws LogException {
            if (run.groupId() == groupId && run.term() == extent.term()) {
                run.forEach(from, to, path, extent.from(), entry -> found[(int) (entry.index() - from)] = entry);
            }
        }

        @Override
        public void hardState(long id, HardState state) {}

        @Override
        public void start(long id, LogPosition start, boolean replacesLog) {}

        @Override
        public void replica(long id, long incarnation) {}

        @Override
        public void genesis(long id, Configuration genesis) {}

        @Override
        public void drop(long id) {}

        @Override
        public void tombstone(long id, long incarnation) {}

        @Override
        public void group(long id, HardState state, LogPosition start, long lastIndex, long incarnation) {}
    }
}
