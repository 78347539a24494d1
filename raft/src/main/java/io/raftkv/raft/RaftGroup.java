package io.raftkv.raft;

import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * This server's replica of one group.
 *
 * <p>Threads: any, unless said otherwise. Calls from the group's own loop do not change threads.
 */
public interface RaftGroup {
    /** The id of the group, the same on all servers. */
    long id();

    /** This replica. */
    ReplicaId self();

    /** The loop on which the group lives, and its state machine with it. */
    EventLoop loop();

    /**
     * Proposes a command. All commands that are proposed in one turn of the loop travel in one log entry.
     *
     * @param command owned by the group from here on
     * @param completion told the result of {@link StateMachine#apply} after the command was committed and applied here
     */
    void propose(Bytes command, Completion completion);

    /** As {@link #propose(Bytes, Completion)}; the stage fails with a {@link RaftException}. */
    default CompletionStage<@Nullable Object> propose(Bytes command) {
        CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
        propose(command, FutureCompletion.of(result));
        return result;
    }

    /**
     * As {@link #propose(Bytes, Completion)}, and if another replica leads, hands the command on to it: once, without trying
     * again. Costs a way there and back, and the command travels to this server's disk by way of the leader: who cares for
     * speed asks the leader.
     *
     * <p>{@link RaftException.NotLeader} and {@link RaftException.Busy} promise as ever that the command will not be applied.
     * {@link RaftException.OutcomeUnknown} comes as well if the leader changes meanwhile, or does not answer within four
     * election time-outs.
     *
     * @param completion told the result that {@link StateMachine#apply} gave on the leader, by way of
     *     {@link StateMachine#resultCodec}. This replica may not have applied the command yet, but a later read here sees it
     * @throws UnsupportedOperationException if the state machine has no such codec
     */
    void forward(Bytes command, Completion completion);

    /**
     * Waits until this replica's state holds all that was acknowledged before the call (ReadIndex, Raft §6.4), then
     * completes with null, on the loop: what the completion reads there from the state machine is linearizable. Only the
     * leader can; others fail with {@link RaftException.NotLeader}.
     */
    void read(Completion completion);

    /**
     * As {@link #read(Completion)}, with what {@code query} found in the state machine. It runs on the loop and must be quick.
     *
     * @return fails with a {@link RaftException}, or with what {@code query} threw
     */
    default <T extends @Nullable Object> CompletionStage<T> read(Supplier<T> query) {
        CompletableFuture<T> result = new CompletableFuture<>();
        read(FutureCompletion.of(result, nothing -> query.get()));
        return result;
    }

    /**
     * Reads in the given mode. Has no effect, so it may be repeated after any failure; {@link RaftException.NotLeader} tells
     * whom to ask, or that no leader is known, and {@link RaftException.Busy} comes within about an election time-out if the
     * leader does not answer a replica that asks it.
     *
     * @param query run on the loop when the state is recent enough; reads from the state machine and does nothing else
     * @param completion told what {@code query} returned
     */
    void read(ReadMode mode, Supplier<? extends @Nullable Object> query, Completion completion);

    /** What the group looks like from here, as of the last turn of its loop. */
    GroupStatus status();

    /** Leader hint, as of the last turn; null if none is known. Cheap. */
    @Nullable
    ReplicaId leader();

    /** Whether this replica leads and serves, as of the last turn. Cheap, and out of date the moment it is told. */
    boolean isLeader();

    /**
     * Asks this replica, if it leads, to hand over to {@code target} (Raft §3.10). A try, given up after an election time-out
     * in which proposals are refused as Busy, and ignored while another one is under way; the listener tells the outcome. Where
     * another replica is {@link #preferLeader preferred} it comes back there after a while.
     */
    void transferLeadership(ReplicaId target);

    /**
     * Says which replica should lead the group from now on, so that the leaders of many groups are spread over the servers as
     * their owner wants it. A hint to this replica alone, neither replicated nor kept over a restart: tell all of them the same.
     *
     * <p>A leader hands over to the preferred replica (Raft §3.10) once that one is a voter, is heard and has nearly
     * everything, no change of members is under way, and it has led for two election time-outs; one group of a server at a time.
     * If that fails it tries again after ten election time-outs, and a leader to which was handed over leads for twenty. Told
     * of itself before its first election time-out has run out, a replica campaigns much sooner than others.
     *
     * @param replica null: whoever happens to lead. One that is no voter is ignored until it becomes one
     */
    void preferLeader(@Nullable ReplicaId replica);

    /**
     * Makes {@code voters} the voters of the group, whatever they are now (Raft §4.3): new ones are learners first, then
     * old and new majorities decide together, then the new one alone. Several are replaced one after the other ({@link
     * io.raftkv.raft.core.CoreOptions#maxJoining}), the leader last. The group serves all the while. Only the leader can.
     *
     * <p>Idempotent: if they are the voters already, this completes at once, and a change that is under way may be asked for
     * again, here or at the next leader, which finishes in any case the step in which the new ones have a say. So after an
     * {@link RaftException.OutcomeUnknown}, which is also how it ends if the leader itself is to leave, ask again.
     *
     * @param voters not empty, each server once. An id that was a member before, even as a learner whose change was aborted,
     *     is refused with {@link RaftException.ChangeRefused}: give the server the next incarnation
     * @param mapVersion of the plan that asks for this; larger than the one of the current configuration, else
     *     {@link RaftException.ChangeRefused}, so that an old plan cannot undo a newer one
     * @param completion completed with null, on the loop, when the final configuration is committed;
     *     {@link RaftException.Busy} while a change to other voters is under way
     */
    void changeMembers(SortedSet<ReplicaId> voters, long mapVersion, Completion completion);

    /** As {@link #changeMembers(SortedSet, long, Completion)}; the stage fails with a {@link RaftException}. */
    default CompletionStage<@Nullable Object> changeMembers(SortedSet<ReplicaId> voters, long mapVersion) {
        CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
        changeMembers(voters, mapVersion, FutureCompletion.of(result));
        return result;
    }

    /**
     * Ends a change at the step that it is at: the replicas that are still learners are dropped, and whoever waits for the
     * change gets {@link RaftException.ChangeRefused}. So does this call if the last step went further: it only goes forward.
     *
     * @param completion completed with null when no learners are left; at once if there is nothing to undo
     */
    void abortChange(Completion completion);

    /**
     * Takes a snapshot of the present state now, and not only when the log has grown, so that the log can be cut: for
     * operators and tests. Waits for its turn among the other groups of the node.
     *
     * @param completion completed with the index (a Long) of a durable snapshot that holds all that was applied here before
     *     the call, at once if there is one; {@link RaftException.Busy} says why none could be written
     */
    void takeSnapshot(Completion completion);

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

        /**
         * A member said that a committed configuration does not name this replica. It campaigns no more, its id never comes
         * back, and its data may be deleted. Told again after a restart.
         *
         * @param configurationIndex the index of that configuration
         */
        default void removed(long configurationIndex) {}
    }
}
