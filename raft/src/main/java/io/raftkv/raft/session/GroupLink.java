package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftGroup;
import java.util.List;

/**
 * Proposes to the replicas of a group that are in this process: normally one. Where that one does not lead, sessions wait until
 * it does or their patience ends; a program whose group may be led elsewhere brings a link that goes there.
 *
 * <p>Threads: as {@link SessionLink}.
 */
public final class GroupLink implements SessionLink {
    private final List<RaftGroup> replicas;
    private final SessionLimits limits;
    private int turn;

    /**
     * @param replicas at least one, all of the same group, whose state machine is a {@link SessionMachine}
     * @param limits for the sessions of the group from the next one on that is registered here
     */
    public GroupLink(List<RaftGroup> replicas, SessionLimits limits) {
        if (replicas.isEmpty()) {
            throw new IllegalArgumentException("a link needs a replica to talk to");
        }
        this.replicas = List.copyOf(replicas);
        this.limits = limits;
    }

    @Override
    public void register(String label, Completion completion) {
        leader().propose(SessionCommand.register(label, limits), completion);
    }

    @Override
    public void command(long session, long sequence, long ackedBelow, Bytes command, Completion completion) {
        leader().propose(SessionCommand.command(session, sequence, ackedBelow, command), completion);
    }

    @Override
    public void close(long session, Completion completion) {
        leader().propose(SessionCommand.close(session), completion);
    }

    /** The one that leads, else one after the other: one of them may be about to. */
    private RaftGroup leader() {
        for (RaftGroup replica : replicas) {
            if (replica.isLeader()) {
                return replica;
            }
        }
        return replicas.get(Math.floorMod(turn++, replicas.size()));
    }
}
