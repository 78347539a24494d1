package io.raftkv.raft.driver;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.RaftCore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one replica has to do with hand-overs: its own one to the preferred leader, for which it needs the turn of the node,
 * and that of the whole node, which it tells when it is done with it. Threads: the group's loop.
 */
final class GroupHandOver {
    private final GroupRunner group;
    private final RaftCore core;
    private final Proposals proposals;
    /** Who should lead in place of this replica, if the core said so in this turn. */
    private @Nullable ReplicaId heir;
    /** That of the node that is under way. */
    private @Nullable HandOver whole;

    private boolean ledAtItsBegin;

    GroupHandOver(GroupRunner group, Proposals proposals) {
        this.group = group;
        this.core = group.core();
        this.proposals = proposals;
    }

    void due(ReplicaId to) {
        heir = to;
    }

    /** That of the whole node begins. */
    void begin(HandOver ofNode) {
        whole = ofNode;
        ledAtItsBegin = group.leads();
    }

    /** That of the whole node has ended. */
    void end() {
        whole = null;
    }

    /** At the end of a turn. One group of the node at a time, so that those who wait for their new leaders are few. */
    void follow(Consumer<Input> step) {
        if (heir != null && group.node().beginHandOver(group)) {
            step.accept(new Input.TransferLeadership(heir));
        }
        heir = null;
        if (!core.isTransferring()) {
            group.node().endHandOver(group);
        }
        // Not before it hears of the next leader, which may need its vote, and has answered those who wait.
        if (whole != null
                && !core.hasHeir()
                && (group.leads() || proposals.areAnswered() && (core.leader() != null || !ledAtItsBegin))) {
            whole.settled(group, group.leads());
        }
    }

    /** The group was closed. One that led until then has not handed over. */
    void close() {
        group.node().endHandOver(group);
        if (whole != null) {
            whole.settled(group, group.leads());
        }
    }
}
