package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Replays records. The summary at the start of each file but the first must say what the files before it said: that
 * shows at once if this release understands the log otherwise than the one that wrote it.
 *
 * <p>Threads: the one that opens the log.
 */
final class RecoveredState implements RecordView.Visitor {
    private final ConcurrentSkipListMap<Long, GroupIndex> groups = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListMap<Long, Long> tombstones = new ConcurrentSkipListMap<>();
    private final TreeMap<Long, TreeMap<Long, Entry>> entries = new TreeMap<>();
    private @Nullable Segment segment;
    private @Nullable RecordView record;
    private boolean summaryIsAll;
    private boolean summaryWasRead;
    private final Set<Long> summarised = new HashSet<>();
    private final Set<Long> summarisedGenesis = new HashSet<>();
    private final Set<Long> summarisedTombstones = new HashSet<>();

    ConcurrentSkipListMap<Long, GroupIndex> groups() {
        return groups;
    }

    /** The highest incarnation that was dropped, by group. */
    ConcurrentSkipListMap<Long, Long> tombstones() {
        return tombstones;
    }

    SortedMap<Long, RecoveredGroup> recovered() {
        TreeMap<Long, RecoveredGroup> recovered = new TreeMap<>();
        for (Map.Entry<Long, GroupIndex> entry : groups.entrySet()) {
            GroupIndex group = entry.getValue();
            recovered.put(
                    entry.getKey(),
                    new RecoveredGroup(
                            entry.getKey(),
                            group.incarnation(),
                            group.genesis(),
                            group.hardState(),
                            group.start(),
                            new ArrayList<>(entriesOf(entry.getKey()).values())));
        }
        return recovered;
    }

    /** The next summary is all that is left of them. */
    void filesBeforeAreGone() {
        summaryIsAll = true;
    }

    void beginSegment(Segment next) {
        segment = next;
        summaryWasRead = false;
    }

    /** A file was deleted only when the summary of a later one was durable. */
    void requireSummary() throws LogException {
        if (summaryIsAll) {
            throw LogException.damaged(
                    segment().path(), SegmentHeader.BYTES, "the state of the groups at its start is damaged");
        }
    }

    void replay(RecordView next) throws LogException {
        record = next;
        if ((next.type() == RecordFormat.SUMMARY) == summaryWasRead) {
            throw inconsistent(next, "a summary is not where it should be", null);
        }
        summarised.clear();
        summarisedGenesis.clear();
        summarisedTombstones.clear();
        try {
            next.visit(this);
        } catch (IllegalStateException e) {
            throw inconsistent(next, String.valueOf(e.getMessage()), e);
        }
        if (!summaryWasRead) {
            summaryWasRead = true;
            summaryIsAll = false;
            if (!summarised.equals(groups.keySet())) {
                throw inconsistent(next, "the summary names groups " + summarised + " of " + groups.keySet(), null);
            }
            Set<Long> withGenesis = new HashSet<>();
            groups.forEach((id, group) -> {
                if (group.genesis() != null) {
                    withGenesis.add(id);
                }
            });
            if (!summarisedGenesis.equals(withGenesis)) {
                throw inconsistent(
                        next, "the summary tells how groups " + summarisedGenesis + " began, of " + withGenesis, null);
            }
            if (!summarisedTombstones.equals(tombstones.keySet())) {
                throw inconsistent(
                        next,
                        "the summary names dropped groups " + summarisedTombstones + " of " + tombstones.keySet(),
                        null);
            }
        }
    }

    /** Entries that were in a file before the first one, and neither replaced nor compacted since, are lost. */
    void requireComplete(String firstFile) throws LogException {
        for (GroupIndex group : groups.values()) {
            Extent lost = group.anyIn(null);
            if (lost != null) {
                throw LogException.damaged(
                        firstFile,
                        -1,
                        "a file before it is missing, with the entries from " + lost.firstIndex() + " to "
                                + lost.lastIndex() + " of group " + group.groupId());
            }
        }
    }

    @Override
    public void hardState(long groupId, HardState state) {
        group(groupId).hardState(state);
    }

    @Override
    public void entries(EntryRun run) throws LogException {
        RecordView in = record();
        Extent extent = new Extent(
                segment(), in.offset(), in.end(), run.term(), run.firstIndex(), run.lastIndex(), run.bytes(), true);
        NavigableMap<Long, Entry> found = entriesOf(run.groupId());
        if (run.moved()) {
            group(run.groupId()).move(extent);
        } else {
            group(run.groupId()).append(extent);
            found.tailMap(run.firstIndex()).clear();
        }
        run.forEach(
                run.firstIndex(), run.lastIndex(), in.path(), in.offset(), entry -> found.put(entry.index(), entry));
    }

    @Override
    public void start(long groupId, LogPosition start, boolean replacesLog) {
        GroupIndex group = group(groupId);
        NavigableMap<Long, Entry> found = entriesOf(groupId);
        if (start.index() < group.start().index() && !replacesLog) {
            return;
        }
        group.start(start, replacesLog);
        if (replacesLog) {
            found.clear();
        } else {
            found.headMap(start.index(), true).clear();
        }
    }

    @Override
    public void replica(long groupId, long incarnation) {
        GroupIndex group = group(groupId);
        if (group.incarnation() == 0 || group.incarnation() == incarnation) {
            group.incarnation(incarnation);
        } else {
            bury(group, tombstones);
            group.incarnationSucceededBy(incarnation);
        }
    }

    @Override
    public void genesis(long groupId, Configuration genesis) {
        GroupIndex group = group(groupId);
        if (record().type() == RecordFormat.SUMMARY) {
            summarisedGenesis.add(groupId);
        }
        if (record().type() != RecordFormat.SUMMARY || summaryIsAll) {
            group.genesis(genesis);
        }
        if (!genesis.equals(group.genesis())) {
            throw new IllegalStateException("the summary says that group " + groupId + " began as " + genesis
                    + ", the files before it say: " + group.genesis());
        }
    }

    @Override
    public void drop(long groupId) {
        GroupIndex group = group(groupId);
        group.drop();
        bury(group, tombstones);
        groups.remove(groupId);
        entries.remove(groupId);
    }

    /** Remembers that a replica was here: its id must not come back. */
    static void bury(GroupIndex group, Map<Long, Long> tombstones) {
        if (group.incarnation() > 0) {
            tombstones.merge(group.groupId(), group.incarnation(), Math::max);
        }
    }

    @Override
    public void tombstone(long groupId, long incarnation) {
        summarisedTombstones.add(groupId);
        if (summaryIsAll) {
            tombstones.put(groupId, incarnation);
        }
        if (tombstones.getOrDefault(groupId, 0L) != incarnation) {
            throw new IllegalStateException("the summary says that incarnation " + incarnation + " of group " + groupId
                    + " was dropped, the files before it say: " + tombstones.get(groupId));
        }
    }

    @Override
    public void group(long groupId, HardState state, LogPosition start, long lastIndex, long incarnation) {
        summarised.add(groupId);
        GroupIndex group = group(groupId);
        if (summaryIsAll) {
            if (incarnation != 0) {
                group.incarnation(incarnation);
            }
            group.hardState(state);
            group.start(start, true);
            if (lastIndex > start.index()) {
                group.append(new Extent(null, 0, 0, 0, start.index() + 1, lastIndex, 0, false));
            }
        }
        boolean same = group.hardState().equals(state)
                && group.start().equals(start)
                && group.lastIndex() == lastIndex
                && group.incarnation() == incarnation;
        if (!same) {
            throw new IllegalStateException("the summary says of group " + groupId + ": " + state + ", start " + start
                    + ", last " + lastIndex + ", incarnation " + incarnation + ", the files before it say: "
                    + group.hardState() + ", start " + group.start() + ", last " + group.lastIndex()
                    + ", incarnation " + group.incarnation());
        }
    }

    private static LogException inconsistent(RecordView at, String problem, @Nullable Throwable cause) {
        return new LogException(
                at.path(),
                at.offset(),
                "the log contradicts itself: " + problem,
                "this is a fault of the program and not of the disk; keep a copy of the folder and report it",
                cause);
    }

    private GroupIndex group(long groupId) {
        return groups.computeIfAbsent(groupId, GroupIndex::new);
    }

    private NavigableMap<Long, Entry> entriesOf(long groupId) {
        return entries.computeIfAbsent(groupId, id -> new TreeMap<>());
    }

    private Segment segment() {
        if (segment == null) {
            throw new IllegalStateException("no file is being replayed");
        }
        return segment;
    }

    private RecordView record() {
        if (record == null) {
            throw new IllegalStateException("no record is being replayed");
        }
        return record;
    }
}
