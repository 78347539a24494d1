package io.raftkv.raft.driver;

import io.raftkv.raft.RaftGroup.LeaderListener;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.RaftCore;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who leads, as others are told: whoever asks, and the listener, at the end of a turn in which it changed. Threads: the
 * group's loop, except {@link #leader} and {@link #isReady}.
 */
final class LeaderNews {
    private final RaftCore core;
    private volatile @Nullable ReplicaId leader;
    private volatile boolean isReady;

    private @Nullable LeaderListener listener;
    private @Nullable ReplicaId toldLeader;
    private long toldTerm = -1;
    private boolean toldReady;

    LeaderNews(RaftCore core) {
        this.core = core;
    }

    /** Threads: any. */
    @Nullable
    ReplicaId leader() {
        return leader;
    }

    /** Whether this replica leads, and has applied an entry of its term. Threads: any. */
    boolean isReady() {
        return isReady;
    }

    /** Tells {@code newListener}, with the next {@link #tell} even if nothing changes. */
    void listen(LeaderListener newListener) {
        listener = newListener;
        toldTerm = -1;
    }

    /** @param lastApplied how far the state machine is */
    void tell(long lastApplied) {
        boolean ready = core.isReady() && core.termAt(lastApplied) == core.term();
        isReady = ready;
        leader = core.leader();
        if (listener != null
                && (toldTerm != core.term() || toldReady != ready || !Objects.equals(toldLeader, core.leader()))) {
            toldTerm = core.term();
            toldReady = ready;
            toldLeader = core.leader();
            listener.leaderChanged(toldLeader, toldTerm, ready);
        }
    }

    /** The group goes on without this replica. */
    void removed(long index) {
        if (listener != null) {
            listener.removed(index);
        }
    }

    /** The group was closed. */
    void close() {
        isReady = false;
    }
}
