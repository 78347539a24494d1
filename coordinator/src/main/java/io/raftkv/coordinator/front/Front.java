package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Query;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that a node does for clients, from before there is a cluster until the node is closed.
 *
 * <p>Threads: the loop of the Raft group, for every method.
 */
public final class Front implements CoordinatorState.Observer {
    private static final Logger LOG = LoggerFactory.getLogger(Front.class);

    private final EventLoop loop;
    private final String name;
    private final long self;
    private final Peers peers;
    private final Router router;
    private final Heartbeats heartbeats;
    private @Nullable SessionWatch watch;
    private @Nullable Bindings bindings;
    private EventLoop.@Nullable Scheduled nextTick;
    private final CompletableFuture<Void> served = new CompletableFuture<>();
    private volatile long leader;
    private boolean closed;

    /**
     * @param name how this node calls itself in logs
     * @param clientId random, see {@link Router}
     */
    public Front(EventLoop loop, String name, long self, long clientId, Peers peers) {
        this.loop = loop;
        this.name = name;
        this.self = self;
        this.peers = peers;
        router = new Router(loop, peers, self, clientId);
        heartbeats = new Heartbeats(router);
    }

    /** Begins to watch the clock; before this, nothing ends by itself. */
    public void start() {
        nextTick = loop.schedule(SessionWatch.TICK_NANOS, () -> {
            if (!closed) {
                router.tick();
                if (watch != null) {
                    watch.tick();
                }
                start();
            }
        });
    }

    /** The cluster is founded and the group is open. */
    public void opened(RaftGroup group, CoordinatorState state) {
        SessionWatch sessions = new SessionWatch(group, state);
        watch = sessions;
        bindings = new Bindings(state);
        router.opened(new LeaderDesk(group, state, sessions));
        group.onLeaderChange((leader, term, ready) -> leaderChanged(sessions, leader, term, ready));
        // What was elected before the listener stood is not told again.
        ReplicaId leader = group.leader();
        if (leader != null && !group.isLeader()) {
            leaderChanged(sessions, leader, group.status().term(), false);
        }
    }

    private void leaderChanged(SessionWatch sessions, @Nullable ReplicaId leader, long term, boolean ready) {
        boolean mine = leader != null && leader.server() == self;
        sessions.leading(mine && ready);
        long serving = leader == null || (mine && !ready) ? 0 : leader.server();
        if (serving == self && this.leader != self) {
            LOG.info("coordinator {} leads term {}", name, term);
        } else if (serving != self && this.leader == self) {
            LOG.info("coordinator {} leads no more; the term is {}", name, term);
        } else if (serving != 0 && serving != this.leader) {
            LOG.info("coordinator {} follows {} in term {}", name, peers.name(serving), term);
        }
        this.leader = serving;
        router.leaderIs(serving);
        if (serving != 0) {
            served.complete(null);
        }
    }

    /** Done once a leader was known for the first time. Threads: any. */
    public CompletableFuture<Void> served() {
        return served;
    }

    /** The node that serves requests now, or 0. Threads: any. */
    public long leader() {
        return leader;
    }

    /** Whether this node serves requests. Threads: any. */
    public boolean leads() {
        return leader == self;
    }

    /** A peer's request came. */
    public void requested(long node, ByteBuffer body) {
        router.requested(node, body);
    }

    /** A peer's answer came. */
    public void replied(long node, ByteBuffer body) {
        router.replied(node, body);
    }

    @Override
    public void eventsAdded(String service) {
        if (bindings != null) {
            bindings.eventsAdded(service);
        }
    }

    /** Carries out a command through the log. */
    void write(@Nullable RequestId id, Command command, Consumer<RespValue> done) {
        router.write(id, command, done);
    }

    /** Asks a linearizable question. */
    void read(Query query, Consumer<RespValue> done) {
        router.read(query, done);
    }

    /** Notes a sign of life. */
    void beat(long session, Consumer<RespValue> done) {
        heartbeats.beat(session, done);
    }

    /** Pushes events to the connection from now on. */
    void bind(RespConnection connection, String service, long session, long lastSeenSeq) {
        if (bindings != null && connection.protocol() == 3) {
            bindings.bind(connection, service, session, lastSeenSeq);
        }
    }

    void unbind(long connection) {
        if (bindings != null) {
            bindings.unbind(connection);
        }
    }

    void sessionClosed(long session) {
        if (bindings != null) {
            bindings.sessionClosed(session);
        }
    }

    EventLoop loop() {
        return loop;
    }

    /** Answers all that waits. */
    public void close() {
        closed = true;
        if (nextTick != null) {
            nextTick.cancel();
        }
        router.close();
    }
}
