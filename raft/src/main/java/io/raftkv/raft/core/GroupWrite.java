package io.raftkv.raft.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one group wants durable, as a whole or not at all.
 *
 * @param hardState null if unchanged
 * @param logStart null if unchanged; else all entries up to and including it are covered by a durable snapshot and may be
 *     forgotten, and if the log does not hold exactly that entry, the whole log is replaced by what follows it
 * @param entries consecutive; if the log holds an entry at the index of the first one, it and all behind it are replaced
 */
public record GroupWrite(
        long groupId,
        @Nullable HardState hardState,
        @Nullable LogPosition logStart,
        List<Entry> entries) {
    public GroupWrite {
        entries = List.copyOf(entries);
        for (int i = 1; i < entries.size(); i++) {
            if (entries.get(i).index() != entries.get(i - 1).index() + 1) {
                throw new IllegalArgumentException("entries " + entries + " are not consecutive");
            }
        }
    }

    /** An entry named by index and term; (0, 0) is the place before the first entry. */
    public record LogPosition(long index, long term) {}
}
