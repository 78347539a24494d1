package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;

/**
 * What a snapshot stands for (Raft §5.1).
 *
 * @param index the last entry it covers
 * @param term the term of that entry
 * @param configuration the configuration in force at that entry, never a later one
 * @param configurationIndex the index of the entry that holds that configuration, 0 for the first one
 * @param timeMs log time at that entry
 */
public record SnapshotMeta(long index, long term, Configuration configuration, long configurationIndex, long timeMs) {
    /** What stands before the first entry of a group that never took a snapshot. */
    public static SnapshotMeta beginning(Configuration configuration) {
        return new SnapshotMeta(0, 0, configuration, 0, 0);
    }
}
