package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.RaftCore;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What any thread may know of one replica, written anew with its beats, and from time to time between them. Threads: the
 * group's loop, except {@link #last} and {@link #transferBytes}.
 */
final class StatusBoard {
    private static final long BETWEEN_NANOS = 20_000_000;

    private final GroupRunner group;
    private final EventLoop loop;
    private final RaftCore core;
    private final AppliedState state;
    private final OutgoingSnapshots outgoing;
    private final OwnSnapshots snapshots;
    private volatile GroupStatus last;
    private volatile long transferBytes;
    private long writtenNanos;
    private boolean hadBeat;

    StatusBoard(GroupRunner group, AppliedState state, OutgoingSnapshots outgoing, OwnSnapshots snapshots) {
        this.group = group;
        this.loop = group.loop();
        this.core = group.core();
        this.state = state;
        this.outgoing = outgoing;
        this.snapshots = snapshots;
        this.last = now();
    }

    /** Threads: any. */
    GroupStatus last() {
        return last;
    }

    /** See {@link RaftNode#transferBytes}. Threads: any. */
    long transferBytes() {
        return transferBytes;
    }

    /** A beat of the group, after which much may be new. */
    void beat() {
        hadBeat = true;
    }

    /** Whether it is to be written at the end of this turn. */
    boolean isDue() {
        return hadBeat || loop.nowNanos() - writtenNanos > BETWEEN_NANOS;
    }

    void write() {
        hadBeat = false;
        writtenNanos = loop.nowNanos();
        last = now();
        transferBytes = core.transferBytes();
    }

    /** The present status. */
    GroupStatus now() {
        return new GroupStatus(
                group.id(),
                core.self(),
                core.role(),
                core.term(),
                core.leader(),
                core.firstIndex(),
                core.lastIndex(),
                core.commitIndex(),
                state.index(),
                core.snapshot().index(),
                core.configuration(),
                core.configurationIndex(),
                core.isRecovering(),
                core.holdsLease(loop.nowNanos()),
                core.matchIndexes(),
                outgoing.progress(),
                unappliedBytes(),
                snapshots.problem());
    }

    private SortedMap<ReplicaId, Long> unappliedBytes() {
        SortedMap<ReplicaId, Long> told = new TreeMap<>(core.followersUnapplied());
        if (core.unappliedBytes() > 0) {
            told.put(core.self(), core.unappliedBytes());
        }
        return told;
    }
}
