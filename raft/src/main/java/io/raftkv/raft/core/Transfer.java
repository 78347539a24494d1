package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import org.jspecify.annotations.Nullable;

/**
 * Hands the leadership over to another voter (Raft §3.10): the leader takes no more proposals, and once the target holds
 * everything tells it to campaign, again with each of its answers. Given up after an election time-out, or if the target is
 * silent. One at a time, as two candidates that were both told to ignore the leader would take the votes from each other.
 *
 * <p>Who that is and when, is up to {@link Succession}. Threads: the group's loop.
 */
final class Transfer {
    private final RaftCore core;
    private final Leader leader;
    private @Nullable ReplicaId target;
    private long deadline;

    Transfer(RaftCore core, Leader leader) {
        this.core = core;
        this.leader = leader;
    }

    boolean isUnderWay() {
        return target != null;
    }

    /** Begins one to {@code heir}, if that is a voter that is to stay and none is under way. */
    void begin(ReplicaId heir, Effect.HandsOver.Motive motive) {
        Progress progress = leader.replication.of(heir);
        if (core.role != Role.LEADER
                || target != null
                || progress == null
                || !progress.fence.isOpen()
                || !core.configuration().voters().contains(heir)) {
            return;
        }
        target = heir;
        leader.change.handsOver(heir);
        core.emit(new Effect.HandsOver(heir, motive));
        leader.lease.giveUp();
        deadline = core.now + core.nanos(core.options.electionMaxMs());
        matched(heir, progress.matchIndex);
    }

    /** The log of {@code follower} agrees up to {@code matchIndex}. */
    void matched(ReplicaId follower, long matchIndex) {
        if (follower.equals(target) && matchIndex == core.log.lastIndex()) {
            core.send(follower, new Message.TimeoutNow(core.term()));
        }
    }

    void tick() {
        if (target != null && (core.now >= deadline || leader.replication.isSilent(target))) {
            target = null;
            core.succession.failed();
        }
    }

    /** {@code follower} lost what it had promised, and cannot lead. */
    void forget(ReplicaId follower) {
        if (follower.equals(target)) {
            target = null;
        }
    }

    /** A term as leader begins or ends. */
    void reset() {
        target = null;
    }
}
