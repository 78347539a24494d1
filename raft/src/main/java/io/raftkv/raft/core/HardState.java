package io.raftkv.raft.core;

import io.raftkv.raft.ReplicaId;
import org.jspecify.annotations.Nullable;

/** What a replica must never forget (Raft §3.8): its term, and whom it voted for in it. */
public record HardState(long term, @Nullable ReplicaId votedFor) {
    public static final HardState INITIAL = new HardState(0, null);

    public HardState {
        if (term < 0) {
            throw new IllegalArgumentException("term " + term);
        }
    }
}
