package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;

/**
 * Whether this replica was told that the group goes on without it. Replicas get no entries any more once they are left out,
 * so they do not find out by themselves, and would ask for votes for ever.
 *
 * <p>Threads: the group's loop.
 */
final class Removal {
    private final RaftCore core;
    /** No configuration up to this index may name this replica; -1 if it was told of none. */
    private long index = -1;

    Removal(RaftCore core) {
        this.core = core;
    }

    /** Whether it was told, and holds no later configuration. */
    boolean isTold() {
        return index >= core.configurationIndex();
    }

    /**
     * A member says that a committed configuration, at {@code atIndex}, does not name this replica.
     *
     * <p>The configuration in force here may be the later one by its index and not be in that history: a deposed leader
     * appended it, and nobody is left to cut it. Then the member is in a later term than all of this log.
     */
    void told(ReplicaId from, long term, long atIndex) {
        boolean mayBeBehind = atIndex > core.configurationIndex()
                || term > core.log.lastTerm()
                || !core.configuration().members().contains(core.self);
        // A leader of a group that goes on in a later term is deposed; and if it was elected by nothing but replicas
        // that left, as after a recovery from a lost majority, there is no other way to tell it.
        if (!mayBeBehind || (core.role == Role.LEADER && term <= core.term())) {
            return;
        }
        core.send(from, new Message.RemovedResponse(core.term(), atIndex));
        if (atIndex > index) {
            index = Math.max(atIndex, core.configurationIndex());
            core.becomeRole(core.followerRole(), null, "the group goes on without it");
            core.emit(new Effect.Removed(atIndex));
        }
    }
}
