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
import java.util.List;
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
    private final Neighbours neighbours;
    private final Membership membership;
    private final Watchers watchers = new Watchers();
    private final Router router;
    private final Heartbeats heartbeats;
    private @Nullable SessionWatch watch;
    private @Nullable RosterKeeper keeper;
    private @Nullable Bindings bindings;
    private EventLoop.@Nullable Scheduled nextTick;
    private final CompletableFuture<Void> served = new CompletableFuture<>();
    private volatile long leader;
    private List<String> nodes = List.of();
    private volatile @Nullable String whyNot;
    private volatile boolean removed;
    private boolean closed;

    /** Told what becomes of the coordinator's nodes. Threads: the group's loop. */
    public interface Membership {
        /** The roster of the state is another one. */
        void rosterChanged();

        /** This node is no member any more; perhaps told more than once. */
        void removed();
    }

    /**
     * @param name how this node calls itself in logs
     * @param clientId random, see {@link Router}
     */
    public Front(
            EventLoop loop,
            String name,
            long self,
            long clientId,
            Peers peers,
            Neighbours neighbours,
            Membership membership) {
        this.loop = loop;
        this.name = name;
        this.self = self;
        this.peers = peers;
        this.neighbours = neighbours;
        this.membership = membership;
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
                if (keeper != null) {
                    keeper.tick();
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
        RosterKeeper roster = new RosterKeeper(group, state, neighbours);
        keeper = roster;
        router.opened(new LeaderDesk(group, state, sessions, roster));
        group.onLeaderChange(new RaftGroup.LeaderListener() {
            @Override
            public void leaderChanged(@Nullable ReplicaId leader, long term, boolean ready) {
                changed(leader, term, ready);
            }

            @Override
            public void removed(long configurationIndex) {
                membership.removed();
            }
        });
        membership.rosterChanged();
        // What was elected before the listener stood is not told again.
        ReplicaId leader = group.leader();
        if (leader != null && !group.isLeader()) {
            changed(leader, group.status().term(), false);
        }
    }

    private void changed(@Nullable ReplicaId leader, long term, boolean ready) {
        boolean mine = leader != null && leader.server() == self;
        if (watch != null) {
            watch.leading(mine && ready);
        }
        if (keeper != null) {
            keeper.leading(mine && ready);
        }
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

    @Override
    public void rosterChanged() {
        membership.rosterChanged();
    }

    /** Where the coordinator's nodes are now. */
    public void nodesAre(List<String> addresses) {
        nodes = List.copyOf(addresses);
        if (removed) {
            leave();
        }
        watchers.tell(nodes);
    }

    /** From now on this node serves nobody and sends everybody to the others: it is no member any more. */
    public void leave() {
        removed = true;
        turnAway("this node was removed from the coordinator's cluster; ask " + String.join(", ", nodes));
        router.endAll("this node was removed from the coordinator's cluster");
    }

    /** Whether this node left for good. Threads: any. */
    public boolean isRemoved() {
        return removed;
    }

    /** This node serves nobody, because it belongs to no cluster and there is one; or, with null, it does. */
    public void turnAway(@Nullable String why) {
        whyNot = why;
    }

    /** Why this node serves nobody; null if it does. Threads: any. */
    public @Nullable String whyNot() {
        return whyNot;
    }

    /** Tells the connection where the nodes are, now and, on RESP3, whenever that changes. */
    RespValue watchNodes(RespConnection connection) {
        watchers.add(connection);
        return RespValue.array(nodes.stream().map(RespValue::bulk).toList());
    }

    /** A wish to change the coordinator's nodes, see {@link RosterKeeper#plan}. */
    void changeNodes(@Nullable RequestId id, String joins, String leaves, Consumer<RespValue> done) {
        router.change(id, joins, leaves, done);
    }

    /** Asks the leader who the nodes are. */
    void nodes(Consumer<RespValue> done) {
        router.nodes(done);
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
        watchers.remove(connection);
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
        router.endAll("this node is being shut down");
    }
}
