package io.raftkv.raft;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a plan wants a group to be: for programs that move groups between servers. Says what the group's leader should ask
 * its group for next, from the group's own configuration alone. So nothing is lost with a leader that knew of a move: the
 * next one compares and goes on; and a plan that changes in the middle of a move needs no care.
 *
 * <p>To be asked in rounds: now and then, when a replica begins to lead, when another goal is known, and when what was asked
 * for ended; after a pause if it was refused, as it is refused again while an abort is being committed. Leaders may know goals
 * of different age at the same time; the group follows the newest one that any of its leaders knew.
 *
 * @param servers the servers that should hold the voters; while there are none, nobody wants the group anywhere else
 * @param version of the plan, larger than 0; a later plan has a larger one, and one version never says two things
 */
public record MembershipGoal(SortedSet<Long> servers, long version) {
    /**
     * The incarnation of the replicas with which a group begins. Those that a goal adds have later ones, so an id alone says
     * whether a replica may be opened with the first configuration, or is to be filled by others.
     */
    public static final long FOUNDER = 1;

    /** What a leader should do. */
    public enum Step {
        /** Nothing, before something happens: the group is there, or what was asked for is under way. */
        NOTHING,
        /** Look again in a moment: nobody will tell when the group is ready for the next step. */
        WAIT,
        /** {@link RaftGroup#changeMembers} to {@link MembershipGoal#voters}, for the {@link MembershipGoal#version}. */
        CHANGE,
        /** {@link RaftGroup#abortChange}. If it is too late for that the change goes on, and the next one follows it. */
        ABORT
    }

    public MembershipGoal {
        servers = Collections.unmodifiableSortedSet(new TreeSet<>(servers));
    }

    /**
     * The next step towards this goal. Asking twice, or for what is no longer so, does no harm: the group refuses it.
     *
     * @param current the configuration in force on the leader, committed or not
     * @param asked the voters that this leader asked its group for and had no answer yet; null if there are none
     */
    public Step next(Configuration current, @Nullable SortedSet<ReplicaId> asked) {
        if (current.isJoint() && (asked == null || current.learners().isEmpty())) {
            // It only goes forward, and the leader sees to that. With learners it is not the last one on the way.
            return Step.WAIT;
        }
        if (servers.isEmpty()) {
            return Step.NOTHING;
        }
        SortedSet<ReplicaId> voters = voters(current);
        if (asked != null) {
            return asked.equals(voters) ? Step.NOTHING : Step.ABORT;
        }
        if (isReached(current)) {
            return Step.NOTHING;
        }
        // Learners are of a change whose leader was lost, perhaps: it is asked for once more.
        boolean isNewer = version > current.mapVersion();
        boolean resumes = version == current.mapVersion() && !current.learners().isEmpty();
        // Else the group followed a goal that is not known here yet.
        return isNewer || resumes ? Step.CHANGE : Step.WAIT;
    }

    /** Whether the group is where it is wanted, with nobody on the way. */
    public boolean isReached(Configuration current) {
        return !current.isJoint()
                && current.learners().isEmpty()
                && current.voters().equals(voters(current));
    }

    /** The replicas on the wanted servers: those that are members, and the next ones on the servers that have none. */
    public SortedSet<ReplicaId> voters(Configuration current) {
        SortedSet<ReplicaId> members = current.members();
        SortedSet<ReplicaId> voters = new TreeSet<>();
        for (long server : servers) {
            long left = Math.max(FOUNDER, current.retired().getOrDefault(server, 0L));
            voters.add(members.stream()
                    .filter(member -> member.server() == server)
                    .findFirst()
                    .orElse(new ReplicaId(server, left + 1)));
        }
        return voters;
    }
}
