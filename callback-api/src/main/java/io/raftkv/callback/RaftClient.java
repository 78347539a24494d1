package io.raftkv.callback;

import java.util.Objects;

/** A session with the coordinator. */
public final class RaftClient extends RaftClientImp implements AutoCloseable {
    /** A client that is not connected yet. */
    public RaftClient(RaftCallBack callBack) {
        Objects.requireNonNull(callBack, "callBack");
    }

    /** Opens the session. */
    public void connect(ClientConfig config) {
        Skeleton.missing();
    }

    /** Becomes a member. */
    public void join(int idx, String address) {
        Skeleton.missing();
    }

    /** Ends the session; the member leaves at once. */
    @Override
    public void close() {}
}
