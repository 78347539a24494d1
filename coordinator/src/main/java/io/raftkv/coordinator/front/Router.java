package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.EventLoop;
import io.raftkv.resp.RespValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings requests to the leader, wherever it is, and waits for one while there is none. A request is tried again after a
 * change of leader and after a loss on the way, until its deadline: every write carries a request id, its client's or one
 * of this node's own, so that trying again is safe.
 *
 * <pre>
 * REQUEST: i64 number | work        REPLY: i64 number | outcome
 * </pre>
 *
 * <p>Threads: the group's loop.
 */
final class Router {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    static final long DEADLINE_NANOS = 5_000_000_000L;
    private static final long RESEND_NANOS = 1_000_000_000L;
    private static final int MAX_PENDING = 10_000;
    private static final long NOBODY = 0;

    private final EventLoop loop;
    private final Peers peers;
    private final long self;
    private final long clientId;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private @Nullable LeaderDesk desk;
    private long leader = NOBODY;
    private long lastNumber;
    private long lastSeq;

    private static final class Pending {
        final long number;
        final Work work;
        final Consumer<RespValue> done;
        final long deadlineNanos;
        long triedAt = NOBODY;
        long triedNanos;
        /** Attempts of which nobody said that nothing happened. */
        int unresolved;

        Pending(long number, Work work, Consumer<RespValue> done, long deadlineNanos) {
            this.number = number;
            this.work = work;
            this.done = done;
            this.deadlineNanos = deadlineNanos;
        }
    }

    /**
     * @param self this node
     * @param clientId random, not used by any other node or by this one before
     */
    Router(EventLoop loop, Peers peers, long self, long clientId) {
        this.loop = loop;
        this.peers = peers;
        this.self = self;
        this.clientId = clientId;
    }

    /** The group is open: from now on this node may lead. */
    void opened(LeaderDesk opened) {
        desk = opened;
    }

    /**
     * Who serves requests now.
     *
     * @param node 0 if nobody does, this node once it leads and has applied all that came before
     */
    void leaderIs(long node) {
        leader = node;
        new ArrayList<>(pending.values()).forEach(this::route);
    }

    /** Does a command. {@code done} is called once. */
    void write(@Nullable RequestId id, Command command, Consumer<RespValue> done) {
        submit(new Work.Write(CommandCodec.encode(new CommandCodec.Request(known(id), command))), done);
    }

    /** Wishes a change of the coordinator's nodes. {@code done} is called once. */
    void change(@Nullable RequestId id, String joins, String leaves, Consumer<RespValue> done) {
        submit(new Work.Change(known(id), joins, leaves), done);
    }

    private RequestId known(@Nullable RequestId id) {
        return id != null ? id : new RequestId(clientId, ++lastSeq);
    }

    /** Asks who the coordinator's nodes are. {@code done} is called once. */
    void nodes(Consumer<RespValue> done) {
        submit(new Work.Nodes(), done);
    }

    /** Asks a question. {@code done} is called once. */
    void read(Query query, Consumer<RespValue> done) {
        submit(new Work.Read(query), done);
    }

    private void submit(Work work, Consumer<RespValue> done) {
        if (pending.size() >= MAX_PENDING) {
            done.accept(RespValue.error("BUSY " + MAX_PENDING + " requests wait at this node; retry in 100 ms"));
            return;
        }
        Pending request = new Pending(++lastNumber, work, done, loop.nowNanos() + DEADLINE_NANOS);
        pending.put(request.number, request);
        route(request);
    }

    private void route(Pending request) {
        LeaderDesk here = desk;
        if (leader == NOBODY || leader == request.triedAt) {
            return;
        }
        if (leader != self) {
            send(request);
        } else if (here != null) {
            request.triedAt = self;
            request.unresolved++;
            here.carryOut(request.work, outcome -> settle(request.number, self, outcome));
        }
    }

    private void send(Pending request) {
        WireWriter out = new WireWriter().i64(request.number);
        Work.write(out, request.work);
        request.triedAt = leader;
        request.triedNanos = loop.nowNanos();
        request.unresolved++;
        if (!peers.sendRequest(leader, ByteBuffer.wrap(out.toArray()))) {
            request.triedAt = NOBODY;
            request.unresolved--;
        }
    }

    /** To be called often: ends what is due, and tries again what may have been lost. */
    void tick() {
        long now = loop.nowNanos();
        for (Pending request : new ArrayList<>(pending.values())) {
            if (now - request.deadlineNanos >= 0) {
                pending.remove(request.number);
                request.done.accept(RespValue.error(late(request)));
            } else if (request.triedAt != self && now - request.triedNanos > RESEND_NANOS) {
                request.triedAt = NOBODY;
                route(request);
            } else {
                route(request);
            }
        }
    }

    private String late(Pending request) {
        if (request.work.changesSomething() && request.unresolved > 0) {
            return "TIMEOUT the outcome is unknown: " + (leader == NOBODY ? peers.whyNoLeader() : "no answer in 5 s");
        }
        return "NOLEADER " + (leader == NOBODY ? peers.whyNoLeader() : "the leader does not answer");
    }

    private void settle(long number, long by, Outcome outcome) {
        Pending request = pending.get(number);
        if (request == null) {
            return; // It was answered already, or its deadline passed.
        }
        if (outcome instanceof Outcome.Done done) {
            pending.remove(number);
            request.done.accept(done.value());
            return;
        }
        if (outcome instanceof Outcome.NotLeading) {
            request.unresolved--;
        }
        if (request.triedAt == by) {
            // Left to the next tick or change of leader: at once could be a loop between two who take each other for
            // it.
            request.triedAt = NOBODY;
            request.triedNanos = loop.nowNanos();
        }
    }

    /** A peer's request for the leader came here. */
    void requested(long node, ByteBuffer body) {
        try {
            WireReader in = new WireReader(body);
            long number = in.i64();
            Work work = Work.read(in);
            in.end();
            LeaderDesk here = desk;
            if (leader == self && here != null) {
                here.carryOut(work, outcome -> reply(node, number, outcome));
            } else {
                reply(node, number, Outcome.NOT_LEADING);
            }
        } catch (WireException e) {
            LOG.warn("refused a request of node {}: {}", Long.toHexString(node), e.getMessage());
        }
    }

    private void reply(long node, long number, Outcome outcome) {
        WireWriter out = new WireWriter().i64(number);
        Outcome.write(out, outcome);
        peers.sendReply(node, ByteBuffer.wrap(out.toArray()));
    }

    /** A peer answered. */
    void replied(long node, ByteBuffer body) {
        try {
            WireReader in = new WireReader(body);
            long number = in.i64();
            Outcome outcome = Outcome.read(in);
            in.end();
            settle(number, node, outcome);
        } catch (WireException e) {
            LOG.warn("refused an answer of node {}: {}", Long.toHexString(node), e.getMessage());
        }
    }

    /** Answers all that waits with an error that says why. */
    void endAll(String why) {
        for (Pending request : new ArrayList<>(pending.values())) {
            pending.remove(request.number);
            request.done.accept(
                    RespValue.error((request.unresolved > 0 ? "TIMEOUT the outcome is unknown: " : "NOLEADER ") + why));
        }
    }
}
