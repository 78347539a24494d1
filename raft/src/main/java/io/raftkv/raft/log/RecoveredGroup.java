package io.raftkv.raft.log;

import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.util.List;

/**
 * What the log knows of one group when it is opened. All of it is durable.
 *
 * @param entries those after {@code logStart}, consecutive
 */
public record RecoveredGroup(long groupId, HardState hardState, LogPosition logStart, List<Entry> entries) {
    public RecoveredGroup {
        entries = List.copyOf(entries);
    }
}
