package io.raftkv.callback;

/** A session with the coordinator. */
public final class RaftClient extends RaftClientImp implements AutoCloseable {
    private final RaftCallBack callBack;

    /** A client that is not connected yet. */
    public RaftClient(RaftCallBack callBack) {
        this.callBack = callBack;
        callBack.hashCode();
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
