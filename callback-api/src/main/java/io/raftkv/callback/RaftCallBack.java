package io.raftkv.callback;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link RaftClient} tells its service.
 *
 * <p>The names go by their meaning: {@link #onSelectLeaderFailed} says that <em>my</em> {@code electLeader} lost, and
 * {@link #onLeaderFailed} that the leader of an epoch <em>left</em>. (A widespread description of this interface has the
 * two comments the other way round.)
 *
 * <p><b>Threads and order.</b> All calls come on one thread of the client, one after the other, in the order of the
 * coordinator's log, each event exactly once, over lost connections and failed coordinator nodes too. A call may use the
 * client, blocking methods included. A slow one delays those after it, and nothing else; at {@value
 * Callbacks#MAX_WAITING} waiting calls the session is given up. A {@code RuntimeException} is logged, and the next call
 * comes.
 *
 * <p><b>What a callback does not promise.</b> It tells what <em>was</em>. When it runs, the world may have moved on: a
 * service that was told that it leads may have been paused since, declared dead, and replaced. So a leader never relies on
 * {@link #onBecomeLeader} for what must not be done by two: it writes with {@link RaftClientImp#setSlot(int, String,
 * int)}, which the coordinator accepts only from the leader of that very epoch.
 *
 * <p>Members that were there before the session began are not told again; ask {@link RaftClientImp#getCurrentAlive()}.
 */
public interface RaftCallBack {
    /**
     * My {@code electLeader} won. The epoch is the one that was claimed; claims are answered in their order.
     *
     * @param raftClientImp the client that claimed
     */
    void onBecomeLeader(RaftClientImp raftClientImp);

    /**
     * My {@code electLeader} lost: an equal or larger epoch was in force already, or the claim was refused (the reason is
     * logged). {@link RaftClientImp#leadership()} tells the epoch in force and who leads in it. If nobody does, as after all
     * members were started anew, no {@link #onLeaderFailed} will come, and the usual answer is to claim the next epoch.
     *
     * @param raftClientImp the client that claimed
     */
    void onSelectLeaderFailed(RaftClientImp raftClientImp);

    /**
     * The leader of that epoch left: it closed its client, or its session ended. The usual answer is {@code
     * electLeader(epoch + 1)}; of several who answer so, the first wins.
     *
     * @param epoch the one in which it led, and the largest so far
     */
    void onLeaderFailed(int epoch);

    /**
     * Another member joined.
     *
     * @param idx the index it gave
     * @param address the address it gave, as it gave it
     */
    void onMemberJoin(int idx, String address);

    /**
     * Another member left: it closed its client, or its session ended.
     *
     * @param address the address it joined with
     */
    void onMemberLeave(String address);

    /**
     * A slot has a new text, set by whomever, this client included.
     *
     * @param idx which slot
     * @param info its text, or null if it was emptied
     */
    default void onSlotChanged(int idx, @Nullable String info) {}

    /**
     * There is a new shard map; {@code coordinator().query()} shows it.
     *
     * @param version of the map, perhaps not the newest any more
     */
    default void onShardMapChanged(long version) {}

    /**
     * I led in that epoch, and another won a larger one.
     *
     * @param epoch the one that is over
     */
    default void onDeposed(int epoch) {}

    /**
     * The connection was lost, and another is being made. Until it is there the session may end unnoticed: who leads
     * should hold back what only a leader may do.
     */
    default void onConnectionSuspended() {}

    /** There is a connection again, with the same session. Events that were missed follow. */
    default void onConnectionResumed() {}

    /**
     * The session has ended; this was the last call. What it led or was a member of, it is no longer. Make a new {@link
     * RaftClient} to go on.
     *
     * @param why in words, for a log
     */
    default void onSessionLost(String why) {}
}
