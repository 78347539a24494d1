package io.raftkv.kvserver.shard;

import io.raftkv.raft.ReplicaId;
import org.jspecify.annotations.Nullable;

/**
 * Who leads a shard, as one replica sees it.
 *
 * @param leader null while there is none
 * @param term its term
 * @param ready true if this replica itself leads and has applied an entry of its term
 */
public record LeaderView(@Nullable ReplicaId leader, long term, boolean ready) {
    static final LeaderView NONE = new LeaderView(null, 0, false);
}
