package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect.HandsOver.Motive;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether this replica should lead, and to whom it hands over if it leads and should not (Raft §3.10). There are three
 * reasons: another replica is preferred; this one is to stand aside, as its server is about to be stopped; or its disk has stalled.
 *
 * <p>A preference is a hint of this replica alone: neither replicated nor kept. A leader that is not the preferred one hands
 * over when that one is a voter, was heard of late and has nearly everything, when no change of members is under way, and
 * when it has led for a while: long after a hand-over, so that leaders who were told differently do not send a group to and
 * fro, and long after a try that failed. The driver lets one group of its node do so at a time, see {@link
 * Effect.HandOverDue}, as it does with leaders that leave their group. The other two reasons wait for nothing of this.
 *
 * <p>A leader commits without its own disk, so nobody waits for one that has stalled. But what it cannot write it must keep in
 * memory, and refuse in the end; and the group has one copy less than it seems. So when a majority without it holds durably what it
 * does not, it hands over to one of those, and if that comes to nothing for long it steps down. Where the others cannot do without
 * it, it stays, and at least serves reads. Nobody campaigns while its disk stalls, as its vote would not be written.
 *
 * <p>A group does not sleep before its preferred leader, if it is there, leads: so nobody needs to be woken for that but a
 * leader that sleeps and is told of another preference.
 *
 * <p>Threads: the group's loop.
 */
final class Succession {
    /** In longest election time-outs, as are the others: how long a leader leads before it hands over. */
    private static final int TENURE = 2;

    private static final int TENURE_AFTER_HAND_OVER = 20;
    private static final int PAUSE_AFTER_FAILURE = 10;

    private final RaftCore core;
    private @Nullable ReplicaId preferred;
    private boolean aside;
    private @Nullable ReplicaId lastHeir;
    private long tookOfficeNanos;
    private long notBefore;
    /** Where the log ended at the beat before: whoever holds so much lacks what came since. */
    private long lastIndexAtBeat;

    Succession(RaftCore core) {
        this.core = core;
    }

    /** Whether this replica may become leader. */
    boolean mayLead() {
        return !aside && !isDiskStalled();
    }

    private boolean isDiskStalled() {
        return core.durability.isStalledFor(core.options.diskStallMs());
    }

    /** Whether {@code input} is a reason to wake a replica that sleeps. */
    boolean wakes(Input input) {
        if (core.role != Role.LEADER) {
            return false;
        }
        return input instanceof Input.PreferLeader preference
                ? preference.replica() != null
                        && !preference.replica().equals(preferred)
                        && !preference.replica().equals(core.self)
                : input instanceof Input.StandAside order && order.aside();
    }

    private Replication replication() {
        return core.leaderRole.replication;
    }

    void prefer(@Nullable ReplicaId replica) {
        if (!Objects.equals(replica, preferred)) {
            preferred = replica;
            notBefore = tookOfficeNanos + electionTimeouts(TENURE);
            core.elections.preferenceChanged();
        }
    }

    /** Why a hand-over to {@code target} is asked for. */
    Motive motive(ReplicaId target) {
        return core.leaderRole.change.isLeaving()
                ? Motive.LEAVES
                : target.equals(preferred) ? Motive.PREFERRED : Motive.ASKED;
    }

    boolean prefersSelf() {
        return core.self.equals(preferred);
    }

    void standAside(boolean order) {
        aside = order;
        lastHeir = null;
        if (!aside) {
            return;
        }
        if (core.role == Role.LEADER) {
            handOver(others(), Motive.STANDS_ASIDE);
        } else if (core.role == Role.PRE_CANDIDATE || core.role == Role.CANDIDATE) {
            core.becomeFollower(core.term(), null, "it stands aside");
        }
    }

    /** @param handedOver whether the leader before told it to campaign */
    void takeOffice(boolean handedOver) {
        tookOfficeNanos = core.now;
        notBefore = core.now + electionTimeouts(handedOver ? TENURE_AFTER_HAND_OVER : TENURE);
        lastIndexAtBeat = core.log.lastIndex();
        lastHeir = null;
    }

    /** The replica to which it was handed over does not lead. */
    void failed() {
        notBefore = core.now + electionTimeouts(PAUSE_AFTER_FAILURE);
    }

    private long electionTimeouts(int count) {
        return count * core.nanos(core.options.electionMaxMs());
    }

    /** With every beat of a leader. */
    void beat() {
        ReplicaId heir = preferredHeir();
        if (aside) {
            handOver(others(), Motive.STANDS_ASIDE);
        } else if (isDiskStalled()) {
            diskStalled();
        } else if (heir != null
                && core.now >= notBefore
                && core.isReady()
                && !core.leaderRole.transfer.isUnderWay()
                && core.leaderRole.change.isSettled()
                && replication().hearsNow(heir)
                && replication().matchIndex(heir) >= lastIndexAtBeat) {
            core.emit(new Effect.HandOverDue(heir));
        }
        lastIndexAtBeat = core.log.lastIndex();
    }

    /** Whether the preferred replica should lead in place of this one, and could. */
    boolean isDue() {
        return preferredHeir() != null;
    }

    private @Nullable ReplicaId preferredHeir() {
        return preferred != null
                        && !prefersSelf()
                        && core.configuration().voters().contains(preferred)
                        && replication().hears(preferred)
                ? preferred
                : null;
    }

    private void diskStalled() {
        List<ReplicaId> able = new ArrayList<>();
        for (ReplicaId other : others()) {
            if (replication().matchIndex(other) > core.persistedIndex()
                    && replication().hears(other)) {
                able.add(other);
            }
        }
        if (!core.configuration().hasQuorum(able::contains)) {
            return;
        }
        if (core.durability.isStalledFor(core.options.diskDeadMs())
                && lastHeir != null
                && !core.leaderRole.transfer.isUnderWay()) {
            core.becomeFollower(core.term(), null, "its disk has stalled, and nobody took over");
            core.elections.restartTimer();
        } else {
            handOver(able, Motive.DISK_STALLED);
        }
    }

    /** Of the candidates the preferred one, else the best; another one than {@code last} if possible. */
    @Nullable
    ReplicaId heir(Collection<ReplicaId> candidates, @Nullable ReplicaId last) {
        ReplicaId wanted = preferred;
        return wanted != null
                        && candidates.contains(wanted)
                        && !wanted.equals(last)
                        && replication().hearsNow(wanted)
                ? wanted
                : best(candidates, last);
    }

    /**
     * Of the candidates who were heard of late, the one that lacks least; another one than {@code last} if possible. Which one
     * of equals depends on the group, so that not all groups of a server fall to one.
     */
    private @Nullable ReplicaId best(Collection<ReplicaId> candidates, @Nullable ReplicaId last) {
        List<ReplicaId> order = new ArrayList<>(candidates);
        Collections.rotate(order, Math.floorMod(core.groupId, Math.max(1, order.size())));
        ReplicaId best = null;
        for (ReplicaId candidate : order) {
            boolean better = best == null
                    || best.equals(last)
                    || (!candidate.equals(last)
                            && replication().matchIndex(candidate)
                                    > replication().matchIndex(best));
            if (better && replication().hears(candidate)) {
                best = candidate;
            }
        }
        return best;
    }

    private void handOver(Collection<ReplicaId> candidates, Motive motive) {
        if (!core.leaderRole.transfer.isUnderWay()) {
            ReplicaId heir = heir(candidates, lastHeir);
            if (heir != null) {
                lastHeir = heir;
                core.leaderRole.transfer.begin(heir, motive);
            }
        }
    }

    /** Whether there is anybody to whom this leader could hand over. */
    boolean hasHeir() {
        return others().stream().anyMatch(replication()::hears);
    }

    private SortedSet<ReplicaId> others() {
        SortedSet<ReplicaId> others = new TreeSet<>(core.configuration().voters());
        others.remove(core.self);
        return others;
    }
}
