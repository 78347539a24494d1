package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The configurations of a log: the newest one in the log is in force from the moment it is appended (Raft §4.1), and the
 * one before it is in force again if that entry is cut. Threads: the group's loop.
 */
final class ConfigurationHistory {
    /** A configuration and the index of the entry that holds it. */
    record Indexed(long index, Configuration configuration) {}

    /** Newest last; never empty. */
    private final Deque<Indexed> history = new ArrayDeque<>();

    ConfigurationHistory(long index, Configuration configuration) {
        history.add(new Indexed(index, configuration));
    }

    Configuration current() {
        return history.getLast().configuration();
    }

    /** The index of the entry that holds the current configuration, 0 for the first one. */
    long currentIndex() {
        return history.getLast().index();
    }

    /** Takes note of an entry; returns whether it changed the configuration. */
    boolean appended(Entry entry) {
        if (entry.type() != Entry.Type.CONFIGURATION) {
            return false;
        }
        history.add(new Indexed(
                entry.index(), ConfigurationCodec.decode(entry.payload().asByteBuffer())));
        return true;
    }

    /** All entries from {@code index} on are gone; returns whether an earlier configuration is in force again. */
    boolean truncatedFrom(long index) {
        boolean changed = false;
        while (history.size() > 1 && history.getLast().index() >= index) {
            history.removeLast();
            changed = true;
        }
        return changed;
    }

    /** Whom an earlier configuration names and the current one does not, as far as the log reaches back. */
    SortedSet<ReplicaId> departed() {
        SortedSet<ReplicaId> departed = new TreeSet<>();
        history.forEach(earlier -> departed.addAll(earlier.configuration().members()));
        departed.removeAll(current().members());
        return departed;
    }

    /** The configuration in force at {@code index}. */
    Indexed at(long index) {
        Indexed found = history.getFirst();
        for (Indexed candidate : history) {
            if (candidate.index() <= index) {
                found = candidate;
            }
        }
        return found;
    }

    /** Forgets what was replaced at or before {@code index}. */
    void compactTo(long index) {
        Indexed keep = at(index);
        while (!history.getFirst().equals(keep)) {
            history.removeFirst();
        }
    }

    void resetTo(SnapshotMeta meta) {
        history.clear();
        history.add(new Indexed(meta.configurationIndex(), meta.configuration()));
    }
}
