package io.raftkv.callback;

import org.jspecify.annotations.Nullable;

/** What a client is told. */
public interface RaftCallBack {
    /** My {@code electLeader} won. */
    void onBecomeLeader(RaftClientImp raftClientImp);

    /** My {@code electLeader} lost. */
    void onSelectLeaderFailed(RaftClientImp raftClientImp);

    /** The leader of that epoch left. */
    void onLeaderFailed(int epoch);

    /** Another member joined. */
    void onMemberJoin(int idx, String address);

    /** A member left. */
    void onMemberLeave(String address);

    /** A slot was set; null if it was emptied. */
    default void onSlotChanged(int idx, @Nullable String info) {}

    /** The shard map has a new version. */
    default void onShardMapChanged(long version) {}

    /** I led in that epoch and another won a larger one. */
    default void onDeposed(int epoch) {}

    /** The connection was lost; another is being made. */
    default void onConnectionSuspended() {}

    /** A connection is there again, with the same session. */
    default void onConnectionResumed() {}

    /** The session is over. */
    default void onSessionLost(String why) {}
}
