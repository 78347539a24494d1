package io.raftkv.callback;

import io.netty.channel.EventLoopGroup;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A service's session with the coordinator: it can set and read slots, be a member, lead, and is told by callbacks what
 * the others do.
 *
 * <pre>{@code
 * try (RaftClient client = new RaftClient(callBack)) {
 *     client.connect(ClientConfig.load(Path.of("clients.xml")));
 *     client.join(0, "127.0.0.1:9000");
 *     client.electLeader(1);
 *     ...
 * }
 * }</pre>
 *
 * <p>The session lives as long as heartbeats reach the coordinator, over any of its nodes: a lost connection is replaced
 * by one to another node, and no event is missed. It ends when it is closed, or when the coordinator has heard nothing
 * for {@link ClientConfig#sessionTimeoutMs()}. A client whose session has ended is of no more use; make a new one.
 *
 * <p>Threads: any. It has an event loop (unless one is shared) and a thread for callbacks, both daemons.
 */
public final class RaftClient extends RaftClientImp implements AutoCloseable {
    /** A leave that takes longer than this is left to the session's time-out. */
    private static final int CLOSE_TIMEOUT_MS = 1_000;

    private static final int MAX_ADDRESS_BYTES = 256;

    private final RaftCallBack callBack;
    private @Nullable Callbacks callbacks;
    private boolean closed;

    /** A client that is not connected yet. */
    public RaftClient(RaftCallBack callBack) {
        this.callBack = Objects.requireNonNull(callBack, "callBack");
    }

    /**
     * Opens the session. From then on there are callbacks, for what happens from then on.
     *
     * @throws CoordinatorException if that does not succeed within {@link ClientConfig#requestTimeoutMs()}; the client may
     *     be connected again then
     * @throws IllegalStateException if it is connected already, or closed
     */
    public void connect(ClientConfig config) {
        connect(CoordinatorClient.open(config));
    }

    /** As {@link #connect(ClientConfig)}, on one loop of a group, which stays the caller's. */
    public void connect(ClientConfig config, EventLoopGroup shared) {
        connect(CoordinatorClient.open(config, shared));
    }

    private void connect(CoordinatorClient coordinator) {
        CompletableFuture<Void> opened = begin(coordinator);
        try {
            coordinator.await(opened, "SESSION.OPEN");
        } catch (RuntimeException e) {
            end();
            throw e;
        }
    }

    private synchronized CompletableFuture<Void> begin(CoordinatorClient coordinator) {
        if (closed || linkOrNull() != null) {
            coordinator.close();
            throw new IllegalStateException(closed ? "the client is closed" : "the client is connected already");
        }
        Callbacks fresh = new Callbacks(callBack);
        Session session = new Session(coordinator.requests(), coordinator.config(), fresh, this);
        // Before the session is open: a callback may come at once, and must find the client connected.
        link(new Link(coordinator, session));
        callbacks = fresh;
        return session.open();
    }

    /**
     * Becomes a member of the service: the others are told by {@link RaftCallBack#onMemberJoin}, and {@link
     * #getCurrentAlive} lists the address until the session ends. Returns when that is committed. Joining again changes
     * index and address.
     *
     * @param idx not negative; what it means is the service's own affair, as is whether it is unique
     * @param address up to 256 bytes, not empty; where the others find this member
     */
    public void join(int idx, String address) {
        if (idx < 0) {
            throw new IllegalArgumentException("index " + idx + " is negative; allowed: from 0 up");
        }
        int bytes = address.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > MAX_ADDRESS_BYTES) {
            throw new IllegalArgumentException(
                    "the address has " + bytes + " bytes in UTF-8; allowed: 1 to " + MAX_ADDRESS_BYTES);
        }
        Link made = link();
        made.session().check();
        made.coordinator().tell("MEMBER.JOIN", Long.toString(made.session().id()), Integer.toString(idx), address);
    }

    /**
     * Ends the session; a member leaves at once. If the coordinator cannot be reached within a second, the session's
     * time-out does it. There are no more callbacks after that, but for one that runs at this moment; called from a
     * callback, this does not wait for it. Open requests fail with the code CLOSED.
     */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        end();
    }

    private void end() {
        Callbacks ended;
        synchronized (this) {
            ended = callbacks;
            callbacks = null;
        }
        if (ended == null) {
            return;
        }
        Link made = link();
        made.session()
                .close(CLOSE_TIMEOUT_MS)
                .completeOnTimeout(null, 2 * CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .join();
        made.coordinator().close();
        ended.close();
        synchronized (this) {
            if (!closed) {
                link(null);
            }
        }
    }
}
