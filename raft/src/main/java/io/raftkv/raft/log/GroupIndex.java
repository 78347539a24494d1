package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the log knows of one group: its hard state, and where its entries are.
 *
 * <pre>the extents cover (start, lastIndex] without gap or overlap, in order</pre>
 *
 * <p>Threads: changed by the log's, {@link #locate} by any. The monitor is held for some list operations at most and never
 * while anything is waited for; handing these look-ups to the log's thread would make readers wait for its syncs.
 */
final class GroupIndex {
    private final long groupId;
    private long incarnation;
    private @Nullable Configuration genesis;
    private HardState hardState = HardState.INITIAL;
    private LogPosition start = new LogPosition(0, 0);
    private final List<Extent> extents = new ArrayList<>();

    GroupIndex(long groupId) {
        this.groupId = groupId;
    }

    long groupId() {
        return groupId;
    }

    /** Which replica of the group is on this server, 0 if the log was not told. */
    long incarnation() {
        return incarnation;
    }

    void incarnation(long replica) {
        if (replica < 1 || (incarnation != 0 && incarnation != replica)) {
            throw new IllegalStateException(
                    "group " + groupId + " holds incarnation " + incarnation + ", told is " + replica);
        }
        incarnation = replica;
    }

    /** The replica goes on under a later id; the present one never comes back. */
    void incarnationSucceededBy(long replica) {
        if (incarnation == 0 || replica <= incarnation) {
            throw new IllegalStateException(
                    "group " + groupId + " holds incarnation " + incarnation + ", which cannot go on as " + replica);
        }
        incarnation = replica;
    }

    /** The configuration with which the group began; null if the log was not told, or does not begin there any more. */
    @Nullable
    Configuration genesis() {
        return genesis;
    }

    void genesis(Configuration first) {
        if (start().index() > 0) {
            throw new IllegalStateException(
                    "group " + groupId + " is told how it began, and its log starts at " + start());
        }
        genesis = first;
    }

    HardState hardState() {
        return hardState;
    }

    void hardState(HardState state) {
        if (state.term() < hardState.term()) {
            throw new IllegalStateException("group " + groupId + " goes back from " + hardState + " to " + state);
        }
        hardState = state;
    }

    synchronized LogPosition start() {
        return start;
    }

    synchronized long lastIndex() {
        return extents.isEmpty()
                ? start.index()
                : extents.get(extents.size() - 1).lastIndex();
    }

    /** Whether the entry at {@code position}, or the place it names, is part of the log. */
    synchronized boolean holds(LogPosition position) {
        if (position.index() == start.index()) {
            return position.term() == start.term();
        }
        int at = find(position.index());
        return at >= 0 && extents.get(at).term() == position.term();
    }

    /** Adds entries; any that are there at or behind the first of them go. */
    synchronized void append(Extent added) {
        if (added.firstIndex() <= start.index() || added.firstIndex() > lastIndex() + 1) {
            throw new IllegalStateException("group " + groupId + " cannot append from " + added.firstIndex()
                    + ", its log is (" + start.index() + ", " + lastIndex() + "]");
        }
        cutFrom(added.firstIndex());
        Extent last = extents.isEmpty() ? null : extents.get(extents.size() - 1);
        Extent merged = last == null ? null : last.mergedWith(added);
        if (last != null && merged != null) {
            account(last, -1);
            extents.set(extents.size() - 1, merged);
            account(merged, 1);
        } else {
            extents.add(added);
            account(added, 1);
        }
    }

    /** Entries of the log are found elsewhere from now on. */
    synchronized void move(Extent target) {
        if (target.firstIndex() <= start.index() || target.lastIndex() > lastIndex()) {
            throw new IllegalStateException("group " + groupId + " cannot move [" + target.firstIndex() + ", "
                    + target.lastIndex() + "] of (" + start.index() + ", " + lastIndex() + "]");
        }
        List<Extent> before = List.copyOf(extents);
        extents.clear();
        boolean placed = false;
        for (Extent extent : before) {
            if (extent.firstIndex() < target.firstIndex()) {
                extents.add(
                        extent.lastIndex() < target.firstIndex()
                                ? extent
                                : extent.clipped(extent.firstIndex(), target.firstIndex() - 1));
            }
            if (!placed && extent.lastIndex() >= target.firstIndex()) {
                extents.add(target);
                placed = true;
            }
            if (extent.lastIndex() > target.lastIndex()) {
                extents.add(
                        extent.firstIndex() > target.lastIndex()
                                ? extent
                                : extent.clipped(target.lastIndex() + 1, extent.lastIndex()));
            }
        }
        before.forEach(extent -> account(extent, -1));
        extents.forEach(extent -> account(extent, 1));
    }

    /**
     * Forgets all entries up to the position, or all entries at all; only in the latter case may it be behind the present
     * one, and is ignored else.
     */
    synchronized void start(LogPosition position, boolean replacesLog) {
        if (position.index() < start.index() && !replacesLog) {
            return;
        }
        long keptFrom = replacesLog ? Long.MAX_VALUE : position.index() + 1;
        int gone = 0;
        while (gone < extents.size() && extents.get(gone).lastIndex() < keptFrom) {
            account(extents.get(gone++), -1);
        }
        extents.subList(0, gone).clear();
        if (!extents.isEmpty() && extents.get(0).firstIndex() < keptFrom) {
            Extent first = extents.get(0);
            Extent rest = first.clipped(keptFrom, first.lastIndex());
            account(first, -1);
            account(rest, 1);
            extents.set(0, rest);
        }
        start = position;
        if (start.index() > 0) {
            // There is a snapshot of at least that, which holds a configuration.
            genesis = null;
        }
    }

    /** Forgets everything. */
    synchronized void drop() {
        cutFrom(start.index() + 1);
    }

    private void cutFrom(long index) {
        while (lastIndex() >= index && !extents.isEmpty()) {
            Extent last = extents.remove(extents.size() - 1);
            account(last, -1);
            if (last.firstIndex() < index) {
                Extent rest = last.clipped(last.firstIndex(), index - 1);
                extents.add(rest);
                account(rest, 1);
            }
        }
    }

    /**
     * The extents that hold entries of {@code [from, to]}, in order, as many as are needed for {@code maxBytes} of them: a
     * follower that is far behind asks often, and there may be very many.
     */
    synchronized List<Extent> locate(long from, long to, long maxBytes) throws CompactedException {
        if (from <= start.index()) {
            throw new CompactedException(groupId, from, start.index());
        }
        int first = from > lastIndex() ? extents.size() : find(from);
        int end = first;
        long bytes = 0;
        while (end < extents.size() && extents.get(end).firstIndex() <= to && bytes < maxBytes) {
            // Of the first one the entry that is asked for may be the last.
            bytes += end == first ? 0 : extents.get(end).bytes();
            end++;
        }
        return List.copyOf(extents.subList(first, end));
    }

    synchronized List<Extent> extents() {
        return List.copyOf(extents);
    }

    /** Some extent that lies in the file, or in no file if it is null. */
    synchronized @Nullable Extent anyIn(@Nullable Segment segment) {
        for (Extent extent : extents) {
            if (extent.segment() == segment) {
                return extent;
            }
        }
        return null;
    }

    /** How much of the group lies in the file, roughly. */
    synchronized long bytesIn(Segment segment) {
        long bytes = 0;
        for (Extent extent : extents) {
            bytes += extent.segment() == segment ? extent.bytes() : 0;
        }
        return bytes;
    }

    /** The place of the extent that holds {@code index}, or -1. */
    private int find(long index) {
        int low = 0;
        int high = extents.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Extent extent = extents.get(middle);
            if (extent.lastIndex() < index) {
                low = middle + 1;
            } else if (extent.firstIndex() > index) {
                high = middle - 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    private static void account(Extent extent, int sign) {
        if (extent.segment() != null) {
            extent.segment().addLive(sign, sign * extent.bytes());
        }
    }
}
