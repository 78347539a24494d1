package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect.ChangeEnded.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Changes who takes part in the group, on its leader (Raft §4.2.1, §4.3). Always joint, also for one replica: one way for
 * all changes, and two changes of one replica each, by two leaders, cannot have majorities that do not meet.
 *
 * <pre>
 * V --> V + learners --> joint (V, V') --> V'
 *    ^  abort: back  ^                 ^
 *    |               |                 by a leader that is in V'; one that is not hands over first
 *    |               the learners keep up, and a majority of V' was heard of late
 *    if V' has replicas that are not in V
 * </pre>
 *
 * A change that brings in more than {@link CoreOptions#maxJoining} replicas goes this way in steps: as many others leave
 * with each as join, the leader with the last one. So one replica at a time is filled while a group moves from three servers
 * to three others, and its leader hands over once. The joint configuration of a step names those who join with the next one
 * as its learners, and so does the one that follows it.
 *
 * Every arrow is an entry. Each one waits until the one before it is committed <em>and</em> an entry of the leader's own
 * term is: otherwise two leaders in turn could append changes of the same configuration without knowing of each other's.
 * The log alone says how far a change is. A leader that finds a joint configuration in it finishes the change; one that
 * finds learners leaves them, and whoever wanted the change asks for it again.
 *
 * <p>An id that left the group, a dropped learner too, is never named again: its replica may have lost its votes and its
 * entries with its data. So whoever is told that it left may delete all it has.
 *
 * <p>Threads: the group's loop.
 */
final class MembershipChange {
    /** What the group should become, and who waits for it. */
    private record Plan(SortedSet<ReplicaId> voters, long mapVersion, List<Long> tokens) {}

    /**
     * The next voters on the way to a plan.
     *
     * @param joining those of them that have to be filled first
     * @param following who is filled after that
     */
    private record Step(SortedSet<ReplicaId> voters, SortedSet<ReplicaId> joining, SortedSet<ReplicaId> following) {}

    private final RaftCore core;
    private final Leader leader;
    private @Nullable Plan plan;
    /** The index of the newest configuration that was seen committed. */
    private long settledIndex = -1;
    /** Who was left out and did not say that it knows. */
    private SortedSet<ReplicaId> departed = new TreeSet<>();

    private long tellAgainAt;
    private @Nullable ReplicaId lastHeir;
    private long handOverAt;

    MembershipChange(RaftCore core, Leader leader) {
        this.core = core;
        this.leader = leader;
    }

    /** A term as leader begins. */
    void start() {
        plan = null;
        settledIndex = -1;
        departed = new TreeSet<>();
        lastHeir = null;
        handOverAt = core.now;
    }

    /** It ends. */
    void stop() {
        end(Outcome.LEADERSHIP_LOST);
        departed = new TreeSet<>();
    }

    /** Whether nobody waits for anything of it, so that the group may sleep. */
    boolean isAtRest() {
        return plan == null && departed.isEmpty() && !core.configuration().isJoint();
    }

    /** Whether nobody asked for a change that has not ended, and no other leader left one half done. */
    boolean isSettled() {
        return plan == null
                && core.isConfigurationCommitted()
                && !core.configuration().isJoint();
    }

    /** Whether the progress of learners matters. */
    boolean isUnderWay() {
        return plan != null;
    }

    void begin(Input.ChangeMembers wish) {
        Outcome refusal = refusal(wish);
        if (refusal != null) {
            answer(wish.token(), refusal);
            return;
        }
        if (plan == null) {
            plan = new Plan(wish.voters(), wish.mapVersion(), new ArrayList<>());
        }
        plan.tokens().add(wish.token());
        advance();
    }

    /** Null if the wish may be followed, or already is. */
    private @Nullable Outcome refusal(Input.ChangeMembers wish) {
        Configuration current = core.configuration();
        if (core.role != Role.LEADER) {
            return Outcome.NOT_LEADER;
        }
        boolean sameVoters = current.voters().equals(wish.voters());
        boolean hasLearners = !current.learners().isEmpty();
        if (plan != null) {
            return plan.voters().equals(wish.voters()) ? null : Outcome.UNDER_WAY;
        } else if (current.isJoint()) {
            return sameVoters ? null : Outcome.UNDER_WAY;
        } else if (sameVoters && !hasLearners) {
            return null;
        }
        // Learners are of a plan whose leader was lost, perhaps: it may be asked for once more.
        boolean newer = wish.mapVersion() > current.mapVersion();
        boolean resumes = hasLearners && wish.mapVersion() == current.mapVersion();
        if (!newer && !resumes) {
            return Outcome.STALE_VERSION;
        }
        return wish.voters().stream().allMatch(current::mayName) ? null : Outcome.RETIRED_REPLICA;
    }

    void abort(long token) {
        Configuration current = core.configuration();
        if (core.role != Role.LEADER) {
            answer(token, Outcome.NOT_LEADER);
        } else if (current.isJoint() && current.learners().isEmpty()) {
            answer(token, Outcome.TOO_LATE);
        } else {
            end(Outcome.ABORTED);
            plan = new Plan(current.voters(), current.mapVersion(), new ArrayList<>(List.of(token)));
            advance();
        }
    }

    private void end(Outcome outcome) {
        if (plan != null) {
            List<Long> tokens = plan.tokens();
            plan = null;
            tokens.forEach(token -> answer(token, outcome));
        }
    }

    private void answer(long token, Outcome outcome) {
        core.emit(new Effect.ChangeEnded(token, outcome, core.leader));
    }

    /** Takes the next step if its time has come. */
    void advance() {
        if (!core.isReady() || !core.isConfigurationCommitted()) {
            return;
        }
        Configuration current = core.configuration();
        settled(current);
        if (current.isJoint()) {
            leaveJoint(current);
        } else if (plan != null) {
            approach(current, plan);
        }
    }

    /** Once for each configuration that is committed: whoever it does not name is told. */
    private void settled(Configuration current) {
        long index = core.configurations.currentIndex();
        if (index != settledIndex) {
            settledIndex = index;
            departed = current.isJoint() ? new TreeSet<>() : core.configurations.departed();
            tellAgainAt = core.now;
            tellDeparted();
        }
    }

    private void leaveJoint(Configuration joint) {
        if (leader.transfer.isUnderWay()) {
            return;
        }
        if (joint.voters().contains(core.self)) {
            append(joint.next(joint.voters(), none(), joint.learners(), joint.mapVersion()));
        } else if (core.now >= handOverAt) {
            ReplicaId heir = core.succession.heir(joint.voters(), lastHeir);
            if (heir != null) {
                core.emit(new Effect.HandOverDue(heir));
            }
        }
    }

    /** Whether this leader is to leave, and has to hand over before the change can end. */
    boolean isLeaving() {
        Configuration current = core.configuration();
        return current.isJoint() && !current.voters().contains(core.self);
    }

    /** The leader begins to hand over to {@code heir}. */
    void handsOver(ReplicaId heir) {
        lastHeir = heir;
        // Proposals are refused meanwhile; should it fail, some get through before the next try.
        handOverAt = core.now + core.nanos(core.options.electionMaxMs() + core.options.electionMinMs());
    }

    private void approach(Configuration current, Plan wanted) {
        boolean sameVoters = current.voters().equals(wanted.voters());
        if (sameVoters && current.learners().isEmpty()) {
            end(Outcome.DONE);
            return;
        } else if (leader.transfer.isUnderWay()) {
            return;
        }
        Step step = nextStep(current, wanted.voters());
        if (!current.learners().equals(step.joining())) {
            // Learners tell the next leader that this plan is under way. Without them it has to find a plan that is
            // newer.
            long version = step.joining().isEmpty() ? current.mapVersion() : wanted.mapVersion();
            append(current.next(current.voters(), none(), step.joining(), Math.max(current.mapVersion(), version)));
        } else if (keepUp(step.joining()) && isMajorityHeard(step.voters())) {
            append(current.next(step.voters(), current.voters(), step.following(), wanted.mapVersion()));
        }
    }

    /** The last step leads to {@code wanted}. One before it replaces as many others as may be filled at a time. */
    private Step nextStep(Configuration current, SortedSet<ReplicaId> wanted) {
        List<ReplicaId> missing = new ArrayList<>(wanted);
        missing.removeAll(current.voters());
        SortedSet<ReplicaId> filling = new TreeSet<>(current.learners());
        filling.retainAll(missing);
        // First those who are being filled, all of them: one that is left out could not be named again.
        missing.sort(Comparator.comparing(id -> !filling.contains(id)));
        int size = Math.max(filling.size(), core.options.maxJoining());
        if (missing.size() <= size) {
            return new Step(wanted, new TreeSet<>(missing), none());
        }
        List<ReplicaId> joining = missing.subList(0, size);
        List<ReplicaId> later = missing.subList(size, missing.size());
        List<ReplicaId> following = later.subList(0, Math.min(core.options.maxJoining(), later.size()));
        // The leader goes last, so that it hands over once; and first who is not there.
        List<ReplicaId> leaving = new ArrayList<>(current.voters());
        leaving.removeAll(wanted);
        leaving.remove(core.self);
        leaving.sort(Comparator.comparing(leader.replication::hears));
        SortedSet<ReplicaId> voters = new TreeSet<>(current.voters());
        voters.addAll(joining);
        voters.removeAll(leaving.subList(0, Math.min(size, leaving.size())));
        return new Step(voters, new TreeSet<>(joining), new TreeSet<>(following));
    }

    private boolean keepUp(SortedSet<ReplicaId> joining) {
        for (ReplicaId id : joining) {
            if (!leader.replication.keepsUp(id) || !leader.replication.hears(id)) {
                return false;
            }
        }
        return true;
    }

    /** There is no way back from a joint configuration whose new majority is dead, so that is looked at first. */
    private boolean isMajorityHeard(SortedSet<ReplicaId> voters) {
        return Configuration.of(voters).hasQuorum(leader.replication::hears);
    }

    private void append(Configuration next) {
        leader.append(Entry.encodeBody(Entry.Type.CONFIGURATION, core.lastTimeMs(), ConfigurationCodec.encode(next)));
    }

    private static SortedSet<ReplicaId> none() {
        return new TreeSet<>();
    }

    /** With every beat. */
    void tick() {
        advance();
        if (!departed.isEmpty() && core.now >= tellAgainAt) {
            tellDeparted();
        }
    }

    private void tellDeparted() {
        tellAgainAt = core.now + core.nanos(core.options.electionMinMs());
        departed.forEach(id -> core.send(id, new Message.Removed(core.term(), settledIndex)));
    }

    void knowsThatItLeft(ReplicaId id, long configurationIndex) {
        if (configurationIndex >= settledIndex) {
            departed.remove(id);
        }
    }
}
