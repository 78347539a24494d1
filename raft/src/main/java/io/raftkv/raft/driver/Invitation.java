package io.raftkv.raft.driver;

import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.MembershipGoal;
import io.raftkv.raft.ReplicaId;
import org.jspecify.annotations.Nullable;

/**
 * What a server should do when {@link RaftNodeOptions.OnInvited} names a replica, for programs whose groups follow a {@link
 * MembershipGoal}. To be judged when it is done and not when it is told: much may have happened in between.
 */
public enum Invitation {
    /** Open it, without a first configuration: its leader fills it. */
    OPEN,
    /**
     * Drop the replica that is open: it left before it was filled, so it knows nobody who could tell it. The leader goes on
     * inviting the next one.
     */
    REPLACE,
    /**
     * Nothing: it is open, or a later one is; or it came and went since it was invited; or the one that is open will hear from
     * its group whether it left.
     */
    IGNORE;

    /**
     * Not to be asked while a replica of the group is being dropped: what is true changes then, and the leader goes on inviting.
     *
     * @param open the replica of the group that this server has, null if there is none
     * @param dropped see {@link RaftNode#droppedIncarnation}
     */
    public static Invitation judge(ReplicaId invited, @Nullable GroupStatus open, long dropped) {
        if (invited.incarnation() <= Math.max(dropped, MembershipGoal.FOUNDER)) {
            // One that is part of how the group began is opened with that.
            return IGNORE;
        }
        if (open == null) {
            return OPEN;
        }
        boolean isLater = open.self().incarnation() < invited.incarnation();
        return isLater && open.configuration().members().isEmpty() ? REPLACE : IGNORE;
    }
}
