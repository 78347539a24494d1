package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a log should hold: maps in memory. */
final class LogModel {
    private static final class Group {
        long incarnation;
        Configuration genesis;
        HardState hardState = HardState.INITIAL;
        LogPosition start = new LogPosition(0, 0);
        TreeMap<Long, Entry> entries = new TreeMap<>();

        long lastIndex() {
            return entries.isEmpty() ? start.index() : entries.lastKey();
        }

        long termAt(long index) {
            if (index == start.index()) {
                return start.term();
            }
            return entries.containsKey(index) ? entries.get(index).term() : -1;
        }

        void startAt(LogPosition position) {
            if (position.index() >= start.index()) {
                boolean held = termAt(position.index()) == position.term();
                entries.headMap(held ? position.index() + 1 : Long.MAX_VALUE).clear();
                start = position;
                genesis = position.index() > 0 ? null : genesis;
            }
        }
    }

    private final TreeMap<Long, Group> groups = new TreeMap<>();

    static LogModel of(Map<Long, RecoveredGroup> recovered) {
        LogModel model = new LogModel();
        recovered.forEach((id, found) -> {
            Group group = new Group();
            group.incarnation = found.incarnation();
            group.genesis = found.genesis();
            group.hardState = found.hardState();
            group.start = found.logStart();
            found.entries().forEach(entry -> group.entries.put(entry.index(), entry));
            model.groups.put(id, group);
        });
        return model;
    }

    void apply(List<GroupWrite> writes) {
        for (GroupWrite write : writes) {
            if (write.hardState() == null
                    && write.logStart() == null
                    && write.entries().isEmpty()) {
                continue;
            }
            Group group = groups.computeIfAbsent(write.groupId(), id -> new Group());
            if (write.hardState() != null) {
                group.hardState = write.hardState();
            }
            if (write.logStart() != null) {
                group.startAt(write.logStart());
            }
            if (!write.entries().isEmpty()) {
                group.entries.tailMap(write.entries().get(0).index()).clear();
                write.entries().forEach(entry -> group.entries.put(entry.index(), entry));
            }
        }
    }

    boolean holds(long groupId) {
        return groups.containsKey(groupId);
    }

    void replica(long groupId, long incarnation) {
        groups.computeIfAbsent(groupId, id -> new Group()).incarnation = incarnation;
    }

    void genesis(long groupId, Configuration genesis) {
        groups.computeIfAbsent(groupId, id -> new Group()).genesis = genesis;
    }

    void drop(long groupId) {
        groups.remove(groupId);
    }

    Map<Long, RecoveredGroup> image() {
        TreeMap<Long, RecoveredGroup> image = new TreeMap<>();
        groups.forEach((id, group) -> image.put(
                id,
                new RecoveredGroup(
                        id,
                        group.incarnation,
                        group.genesis,
                        group.hardState,
                        group.start,
                        new ArrayList<>(group.entries.values()))));
        return image;
    }

    HardState hardState(long groupId) {
        return groups.containsKey(groupId) ? groups.get(groupId).hardState : HardState.INITIAL;
    }

    long startIndex(long groupId) {
        return groups.containsKey(groupId) ? groups.get(groupId).start.index() : 0;
    }

    long lastIndex(long groupId) {
        return groups.containsKey(groupId) ? groups.get(groupId).lastIndex() : 0;
    }

    long termAt(long groupId, long index) {
        if (!groups.containsKey(groupId)) {
            return index == 0 ? 0 : -1;
        }
        return groups.get(groupId).termAt(index);
    }
}
