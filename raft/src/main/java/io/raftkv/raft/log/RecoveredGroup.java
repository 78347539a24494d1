package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the log knows of one group when it is opened. All of it is durable.
 *
 * @param incarnation of this server's replica, 0 if the log was not told
 * @param genesis the first configuration of the group, null if the log was not told, or begins behind index 0
 * @param entries those after {@code logStart}, consecutive
 */
public record RecoveredGroup(
        long groupId,
        long incarnation,
        @Nullable Configuration genesis,
        HardState hardState,
        LogPosition logStart,
        List<Entry> entries) {
    public RecoveredGroup {
        entries = List.copyOf(entries);
    }
}
