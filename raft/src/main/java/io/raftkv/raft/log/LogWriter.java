package io.raftkv.raft.log;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Writes records, begins new files and deletes old ones.
 *
 * <pre>
 * in a file:      header, synced alone | summary of all groups | records of append calls, marks, moved entries
 * to roll over:   sync the old file | make the new one with the seal of the old, sync it and its name | summary
 * to delete one:  nothing live in it, and all that made it so is synced; oldest first, each name synced
 * </pre>
 *
 * The index is changed as records are built, before they are durable; {@link Segment#readableEnd} keeps readers back.
 *
 * <p>Threads: the log's.
 */
final class LogWriter {
    /**
     * How much of an old file is copied per cycle, as others wait for it; or half of what was written since the last one if
     * that is more, as a quarter of a file has to be copied at most while the next one is filled.
     */
    private static final long MOVED_BYTES_PER_CYCLE = 64 << 10;

    private final Disk disk;
    private final String directory;
    private final LogOptions options;
    private final long clusterHash;
    private final long serverId;
    private final NavigableMap<Long, GroupIndex> groups;
    private final NavigableMap<Long, Long> tombstones;
    private final Deque<Segment> segments;
    private final RecordWriter out;
    private Segment current;
    private boolean currentHasWrites;
    private long lsn;
    private long durableLsn;
    private int lastCrc;
    private long recordEnd;

    private long forces;
    private long records;
    private long entries;
    private long movedBytes;
    private long writtenBeforeCycle;

    /** Goes on in a new file: discarded records behind the end of a recovered one must not come back to life. */
    LogWriter(Disk disk, String directory, LogOptions options, Recovery recovery) throws IOException {
        SegmentHeader header = recovery.nextHeader();
        this.disk = disk;
        this.directory = directory;
        this.options = options;
        this.clusterHash = header.clusterHash();
        this.serverId = header.serverId();
        this.groups = recovery.state().groups();
        this.tombstones = recovery.state().tombstones();
        this.segments = recovery.segments();
        this.lsn = header.previousLsn();
        this.durableLsn = lsn;
        this.current = create(header);
        this.out = new RecordWriter(options, current, SegmentHeader.BYTES);
        writeSummary();
        force();
        collect();
    }

    private Segment create(SegmentHeader header) throws IOException {
        String path = Segment.pathOf(directory, header.seq());
        DiskFile file = disk.create(path);
        file.write(header.encode(), 0);
        file.force();
        disk.forceDirectory(directory);
        Segment segment = new Segment(header.seq(), path, file);
        segments.add(segment);
        return segment;
    }

    /** Whether anything was written that is not synced. */
    boolean isDirty() {
        return lsn > durableLsn;
    }

    void write(List<GroupWrite> writes) throws IOException {
        long length = 0;
        int items = 0;
        for (GroupWrite write : writes) {
            length += bytes(write);
            items += items(write);
        }
        if (items > 0) {
            begin(RecordFormat.WRITES, length, items);
            for (GroupWrite write : writes) {
                put(write);
            }
            end();
            records++;
        }
    }

    private static long bytes(GroupWrite write) {
        long bytes = (write.hardState() == null ? 0 : RecordFormat.HARD_STATE_BYTES)
                + (write.logStart() == null ? 0 : RecordFormat.START_BYTES)
                + (long) runs(write) * RecordFormat.ENTRIES_BYTES;
        for (Entry entry : write.entries()) {
            bytes += RecordFormat.ENTRY_BYTES + entry.bytes();
        }
        return bytes;
    }

    private static int items(GroupWrite write) {
        return (write.hardState() == null ? 0 : 1) + (write.logStart() == null ? 0 : 1) + runs(write);
    }

    /** Entries of one term behind each other are one item. */
    private static int runs(GroupWrite write) {
        int runs = 0;
        long term = -1;
        for (Entry entry : write.entries()) {
            if (entry.term() != term) {
                term = entry.term();
                runs++;
            }
        }
        return runs;
    }

    private static boolean isEmpty(GroupWrite write) {
        return write.hardState() == null
                && write.logStart() == null
                && write.entries().isEmpty();
    }

    /** All later items of the group are of this replica. */
    void replica(long groupId, long incarnation) throws IOException {
        begin(RecordFormat.WRITES, RecordFormat.REPLICA_BYTES, 1);
        out.putItem(RecordFormat.REPLICA, groupId).putLong(incarnation);
        end();
        groups.computeIfAbsent(groupId, GroupIndex::new).incarnation(incarnation);
        records++;
    }

    /** With this configuration the group began. */
    void genesis(long groupId, Configuration genesis) throws IOException {
        Bytes encoded = ConfigurationCodec.encode(genesis);
        begin(RecordFormat.WRITES, RecordFormat.GENESIS_BYTES + encoded.length(), 1);
        putGenesis(groupId, encoded);
        end();
        groups.computeIfAbsent(groupId, GroupIndex::new).genesis(genesis);
        records++;
    }

    private void putGenesis(long groupId, Bytes encoded) throws IOException {
        out.putItem(RecordFormat.GENESIS, groupId).putInt(encoded.length()).putBytes(encoded);
    }

    /** The replica goes on as a later one, with what {@code write} says: all of that or nothing. */
    void succeed(long incarnation, GroupWrite write) throws IOException {
        GroupIndex group = groups.computeIfAbsent(write.groupId(), GroupIndex::new);
        if (group.incarnation() == 0) {
            throw new IllegalStateException(
                    "the log does not say which replica of group " + write.groupId() + " it holds");
        }
        begin(RecordFormat.WRITES, RecordFormat.REPLICA_BYTES + bytes(write), 1 + items(write));
        out.putItem(RecordFormat.REPLICA, write.groupId()).putLong(incarnation);
        RecoveredState.bury(group, tombstones);
        group.incarnationSucceededBy(incarnation);
        put(write);
        end();
        records++;
    }

    void restart(long groupId) throws IOException {
        LogPosition beginning = new LogPosition(0, 0);
        begin(RecordFormat.WRITES, RecordFormat.START_BYTES, 1);
        out.putItem(RecordFormat.REPLACE, groupId);
        put(beginning);
        end();
        groups.computeIfAbsent(groupId, GroupIndex::new).start(beginning, true);
        records++;
    }

    void drop(long groupId) throws IOException {
        GroupIndex group = groups.get(groupId);
        if (group != null) {
            begin(RecordFormat.WRITES, RecordFormat.ITEM_BYTES, 1);
            out.putItem(RecordFormat.DROP, groupId);
            end();
            records++;
            group.drop();
            RecoveredState.bury(group, tombstones);
            groups.remove(groupId);
        }
    }

    private void put(GroupWrite write) throws IOException {
        if (isEmpty(write)) {
            // Nothing on disk would tell of a group that it made known.
            return;
        }
        GroupIndex group = groups.computeIfAbsent(write.groupId(), GroupIndex::new);
        if (write.hardState() != null) {
            out.putItem(RecordFormat.HARD_STATE, write.groupId());
            put(write.hardState());
            group.hardState(write.hardState());
        }
        if (write.logStart() != null) {
            LogPosition start = write.logStart();
            boolean replaces = start.index() >= group.start().index() && !group.holds(start);
            out.putItem(replaces ? RecordFormat.REPLACE : RecordFormat.START, write.groupId());
            put(start);
            group.start(start, replaces);
        }
        List<Entry> all = write.entries();
        for (int from = 0, to; from < all.size(); from = to) {
            to = from + 1;
            while (to < all.size() && all.get(to).term() == all.get(from).term()) {
                to++;
            }
            group.append(put(RecordFormat.ENTRIES, write.groupId(), all.subList(from, to)));
        }
        entries += all.size();
    }

    private Extent put(byte kind, long groupId, List<Entry> run) throws IOException {
        Entry first = run.get(0);
        out.putItem(kind, groupId).putLong(first.term()).putLong(first.index()).putInt(run.size());
        long bytes = 0;
        for (Entry entry : run) {
            out.putInt(entry.bytes()).putInt(entry.crc()).putBytes(entry.body());
            bytes += entry.bytes();
        }
        long last = first.index() + run.size() - 1;
        return new Extent(current, out.recordOffset(), recordEnd, first.term(), first.index(), last, bytes, true);
    }

    private void put(HardState state) throws IOException {
        ReplicaId vote = state.votedFor();
        out.putLong(state.term())
                .putLong(vote == null ? 0 : vote.server())
                .putLong(vote == null ? 0 : vote.incarnation());
    }

    private void put(LogPosition position) throws IOException {
        out.putLong(position.index()).putLong(position.term());
    }

    /** Begins a record with items of {@code itemBytes}, in a new file if this one has no room for it. */
    private void begin(short type, long itemBytes, int items) throws IOException {
        long length = RecordFormat.aligned(RecordFormat.HEADER_BYTES + itemBytes);
        if (type == RecordFormat.WRITES) {
            if (currentHasWrites && out.offset() + length > options.segmentBytes()) {
                rollOver();
            }
            currentHasWrites = true;
        }
        recordEnd = out.offset() + length;
        out.begin(length, type, ++lsn, durableLsn, items);
    }

    private void end() throws IOException {
        lastCrc = out.end();
        if (out.offset() != recordEnd) {
            throw new IllegalStateException("a record ends at " + out.offset() + " instead of " + recordEnd);
        }
    }

    private void rollOver() throws IOException {
        force();
        current = create(
                new SegmentHeader(clusterHash, serverId, current.seq() + 1, current.seq(), out.offset(), lsn, lastCrc));
        currentHasWrites = false;
        out.switchTo(current, SegmentHeader.BYTES);
        writeSummary();
    }

    private void writeSummary() throws IOException {
        Collection<GroupIndex> all = groups.values();
        Map<Long, Bytes> genesis = new TreeMap<>();
        long bytes =
                (long) all.size() * RecordFormat.GROUP_BYTES + (long) tombstones.size() * RecordFormat.REPLICA_BYTES;
        for (GroupIndex group : all) {
            Configuration first = group.genesis();
            if (first != null) {
                Bytes encoded = ConfigurationCodec.encode(first);
                genesis.put(group.groupId(), encoded);
                bytes += RecordFormat.GENESIS_BYTES + encoded.length();
            }
        }
        begin(RecordFormat.SUMMARY, bytes, all.size() + genesis.size() + tombstones.size());
        for (GroupIndex group : all) {
            out.putItem(RecordFormat.GROUP, group.groupId());
            put(group.hardState());
            put(group.start());
            out.putLong(group.lastIndex()).putLong(group.incarnation());
        }
        for (Map.Entry<Long, Bytes> first : genesis.entrySet()) {
            putGenesis(first.getKey(), first.getValue());
        }
        for (Map.Entry<Long, Long> dropped : tombstones.entrySet()) {
            out.putItem(RecordFormat.TOMBSTONE, dropped.getKey()).putLong(dropped.getValue());
        }
        end();
    }

    /** Makes all that was written durable. */
    void force() throws IOException {
        out.flush();
        current.force();
        forces++;
        durableLsn = lsn;
        current.readableEnd(out.offset());
    }

    /**
     * Says on disk that all before was synced, so that damage to the last record can be told from a torn tail even if
     * nothing is written after it for long. Not synced itself: it reaches the disk some seconds later at the latest.
     */
    void mark() throws IOException {
        if (!isDirty()) {
            begin(RecordFormat.MARK, 0, 0);
            end();
            out.flush();
        }
    }

    /** Copies some of the last entries in an old file, if they are few; to be called before {@link #force}. */
    void moveOldEntries() throws IOException {
        long most = Math.max(MOVED_BYTES_PER_CYCLE, (out.bytesWritten() - writtenBeforeCycle) / 2);
        writtenBeforeCycle = out.bytesWritten();
        Segment oldest = segments.getFirst();
        if (segments.size() <= options.keepSegments() || oldest.liveBytes() > copiedAtMost()) {
            return;
        }
        long moved = 0;
        for (GroupIndex group : groups.values()) {
            for (Extent extent = group.anyIn(oldest); extent != null; extent = group.anyIn(oldest)) {
                if (moved >= most) {
                    return;
                }
                move(group, extent);
                moved += extent.bytes();
            }
        }
    }

    private long copiedAtMost() {
        return options.segmentBytes() / 4;
    }

    /** See {@link SharedLog#findHolders}. */
    List<Long> holders() {
        Segment oldest = segments.getFirst();
        long rest = oldest.liveBytes();
        List<Long> holders = new ArrayList<>();
        if (segments.size() <= options.keepSegments() || rest <= copiedAtMost()) {
            return holders;
        }
        Map<Long, Long> held = new TreeMap<>();
        groups.values().forEach(group -> held.put(group.groupId(), group.bytesIn(oldest)));
        List<Map.Entry<Long, Long>> largestFirst = new ArrayList<>(held.entrySet());
        largestFirst.sort(Map.Entry.<Long, Long>comparingByValue().reversed());
        for (Map.Entry<Long, Long> group : largestFirst) {
            if (rest > copiedAtMost()) {
                holders.add(group.getKey());
                rest -= group.getValue();
            }
        }
        return holders;
    }

    private void move(GroupIndex group, Extent extent) throws IOException {
        List<Entry> run = LogReader.readExtent(group, extent, extent.firstIndex(), extent.lastIndex());
        if (run.size() != extent.lastIndex() - extent.firstIndex() + 1) {
            throw new IllegalStateException("found " + run + " for " + extent + " of group " + group.groupId());
        }
        long bytes = RecordFormat.ENTRIES_BYTES;
        for (Entry entry : run) {
            bytes += RecordFormat.ENTRY_BYTES + entry.bytes();
        }
        begin(RecordFormat.WRITES, bytes, 1);
        group.move(put(RecordFormat.MOVED_ENTRIES, group.groupId(), run));
        end();
        movedBytes += bytes;
    }

    /** Deletes old files in which nothing is live, if there are any; to be called after {@link #force}. */
    boolean collect() throws IOException {
        int before = segments.size();
        while (segments.size() > 1 && segments.getFirst().liveExtents() == 0) {
            Segment oldest = segments.removeFirst();
            oldest.release();
            disk.delete(oldest.path());
            disk.forceDirectory(directory);
        }
        return segments.size() < before;
    }

    LogStats stats() {
        return new LogStats(forces, records, entries, out.bytesWritten(), segments.size(), movedBytes);
    }

    void close() throws IOException {
        for (Segment segment : segments) {
            segment.release();
        }
    }
}
