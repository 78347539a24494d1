package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import java.util.ArrayDeque;
import java.util.Deque;

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

    void appended(Entry entry) {
        if (entry.type() == Entry.Type.CONFIGURATION) {
            history.add(new Indexed(
                    entry.index(), ConfigurationCodec.decode(entry.payload().asByteBuffer())));
        }
    }

    void truncatedFrom(long index) {
        while (history.size() > 1 && history.getLast().index() >= index) {
            history.removeLast();
        }
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
