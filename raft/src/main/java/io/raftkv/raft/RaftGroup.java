package io.raftkv.raft;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * This server's replica of one group.
 *
 * <p>Threads: any, unless said otherwise. Calls from the group's own loop do not change threads.
 */
public interface RaftGroup {
    long id();

    ReplicaId self();

    EventLoop loop();

    /**
     * Proposes a command. All commands that are proposed in one turn of the loop travel in one log entry.
     *
     * @param command owned by the group from here on
     * @param completion told the result of {@link StateMachine#apply} after the command was committed and applied here
     */
    void propose(Bytes command, Completion completion);

    /** As {@link #propose(Bytes, Completion)}; the stage fails with a {@link RaftException}. */
    CompletionStage<@Nullable Object> propose(Bytes command);

    /**
     * Waits until this replica's state holds all that was acknowledged before the call (ReadIndex, Raft §6.4), then
     * completes with null, on the loop: what the completion reads there from the state machine is linearizable. Only the
     * leader can; others fail with {@link RaftException.NotLeader}.
     */
    void read(Completion completion);

    /** What the group looks like from here, as of the last turn of its loop. */
    GroupStatus status();

    /** Leader hint, as of the last turn; null if none is known. Cheap. */
    @Nullable
    ReplicaId leader();

    boolean isLeader();

    /** Asks this replica, if it leads, to hand over to {@code target} (Raft §3.10). A try; the listener tells the outcome. */
    void transferLeadership(ReplicaId target);

    /** Tells of changes of role or leader. {@code listener} runs on the loop; replaces an earlier one. */
    void onLeaderChange(LeaderListener listener);

    /** See {@link #onLeaderChange}. */
    interface LeaderListener {
        /**
         * @param leader the new leader, or null while there is none
         * @param term its term
         * @param ready true once this replica leads and the no-op of its term is applied: reads and writes are served
         */
        void leaderChanged(@Nullable ReplicaId leader, long term, boolean ready);
    }
}
