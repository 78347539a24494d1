package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;

/**
 * Whether this replica sleeps: it has no timer and says nothing until something happens, so that a group which nobody
 * uses costs nothing.
 *
 * <p>A leader to whom nothing was said for a while, and whose members all hold its whole log and spoke of late, tells them
 * to sleep and sleeps itself. In place of their heartbeats there are signs of life between the servers, one for all groups:
 * the driver gives {@link Input.LinkDown} for a server that is silent. That, any message but a late acknowledgement, and
 * any request wakes a replica.
 *
 * <p>Nothing of this touches what makes Raft safe: a sleeping replica keeps every promise, and its votes obey the same
 * rules. It only touches when somebody campaigns. A replica that does not get the word to sleep campaigns; that wakes all
 * others, and the leader answers with heartbeats. A leader that wakes knows nothing of its quorum: it begins to count anew.
 * So does a follower with its time-out. Threads: the group's loop.
 */
final class Hibernation {
    private final RaftCore core;
    private boolean asleep;
    private boolean woke;
    private long activeNanos;

    Hibernation(RaftCore core) {
        this.core = core;
    }

    boolean isAsleep() {
        return asleep;
    }

    /** Whether the input under way woke the replica. */
    boolean wokeNow() {
        return woke;
    }

    /** Something is asked of the group: it stays awake for a while. */
    void active() {
        activeNanos = core.now;
    }

    /** Whether nothing was asked of the group for so long that its leader should let it sleep. */
    boolean isDue() {
        long after = core.nanos(core.options.sleepAfterMs());
        return after > 0 && core.now - activeNanos >= after;
    }

    void sleep() {
        asleep = true;
    }

    /** Wakes the replica if {@code input} is a reason to. Called before it takes the input. */
    void before(Input input) {
        woke = false;
        if (!asleep || !isReason(input)) {
            return;
        }
        asleep = false;
        woke = true;
        active();
        if (core.role == Role.LEADER) {
            core.leaderRole.woke();
        } else {
            core.elections.woke();
        }
    }

    private boolean isReason(Input input) {
        if (input instanceof Input.Receive receive) {
            return !isLateAcknowledgement(receive.from(), receive.message());
        }
        return input instanceof Input.Propose
                || input instanceof Input.Read
                || input instanceof Input.LinkDown
                || input instanceof Input.Forgot
                || input instanceof Input.TransferLeadership
                || input instanceof Input.ChangeMembers
                || input instanceof Input.AbortChange
                || input instanceof Input.SnapshotReceived
                || core.succession.wakes(input);
    }

    /** An answer to the last heartbeats or to the word to sleep: it says nothing new. */
    private boolean isLateAcknowledgement(ReplicaId from, Message message) {
        return core.role == Role.LEADER
                && message instanceof Message.AppendResponse response
                && response.success()
                && response.term() == core.term()
                && response.index() <= core.leaderRole.replication.matchIndex(from);
    }
}
