package io.raftkv.callback;

import io.netty.channel.EventLoop;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespTypeException;
import io.raftkv.resp.RespValue;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection to whichever coordinator node will have it. A node that fails, or that its user gives up, is left for
 * the next one in the list; only when all have failed is there a pause. Where the nodes are is told by each node that is
 * connected to, now and whenever it changes; so all of those that the client was given may go, one after the other.
 *
 * <p>Threads: the client's loop, on which the connection lives too.
 */
final class Connector {
    private static final Logger log = LoggerFactory.getLogger(Connector.class);

    /** The first word of the message that tells where the nodes are. */
    private static final String NODES = "coordinators";

    /** Who uses the connection. All calls come on the loop. */
    interface User {
        /** Makes a new connection fit for use, such as by binding a session to it. */
        CompletableFuture<?> prepare(RespClient connection);

        /** There is a connection now. */
        void connected();

        /** There is none any more. */
        void disconnected();

        /** Whether a connection is needed at this time. */
        boolean needsConnection();

        /** A message out of order came. */
        void pushed(RespValue.Push push);
    }

    /** A connection from its first attempt to its end. */
    private static final class Connection {
        private final HostPort node;
        private @Nullable RespClient client;
        private boolean ready;
        private boolean over;

        Connection(HostPort node) {
            this.node = node;
        }
    }

    private final EventLoop loop;
    /** Those of the configuration: the last resort, when what was learned is of no use. */
    private final List<HostPort> given;

    private List<HostPort> nodes;
    private final int connectTimeoutMs;
    private final int prepareTimeoutMs;
    private final User user;
    private @Nullable Connection current;
    private int next;
    private int failures;
    private boolean retrying;
    private boolean closed;
    private String lastFailure = "no connection was tried";

    /**
     * @param connectTimeoutMs short: what a node answers to a new connection needs no other node
     * @param prepareTimeoutMs for {@link User#prepare}, which may have to wait for an election
     */
    Connector(EventLoop loop, List<HostPort> nodes, int connectTimeoutMs, int prepareTimeoutMs, User user) {
        this.loop = loop;
        this.given = nodes;
        this.nodes = nodes;
        this.connectTimeoutMs = connectTimeoutMs;
        this.prepareTimeoutMs = prepareTimeoutMs;
        this.user = user;
        // Clients that start together shall not all burden the first node of the list.
        this.next = ThreadLocalRandom.current().nextInt(nodes.size());
    }

    /** The connection, if there is one and it can be used. */
    @Nullable
    RespClient ready() {
        Connection connection = current;
        RespClient client = connection == null || !connection.ready ? null : connection.client;
        return client == null || !client.isOpen() ? null : client;
    }

    /** Sees to it that there will be a connection. */
    void want() {
        if (!closed && current == null && !retrying) {
            connect();
        }
    }

    /** A request got a proper answer. */
    void praise() {
        failures = 0;
    }

    /** Gives up this connection, if it is still in use, and turns to the next node. */
    void drop(RespClient client, String why) {
        Connection connection = current;
        if (connection != null && connection.client == client) {
            end(connection, why);
        }
    }

    /** Why there is no connection, or was none for a while. */
    String lastFailure() {
        return lastFailure;
    }

    void close() {
        closed = true;
        if (current != null && current.client != null) {
            current.client.close();
        }
    }

    private void connect() {
        HostPort node = nodes.get(next);
        Connection connection = new Connection(node);
        current = connection;
        RespClient.Options options = RespClient.Options.DEFAULT
                .withProtocol(3)
                .withConnectTimeoutMs(connectTimeoutMs)
                .withOnPush(push -> pushed(connection, push))
                .withOnClose(() -> end(connection, "the connection was closed"));
        RespClient.connect(loop, node.host(), node.port(), options).whenComplete((client, failure) -> {
            if (failure != null) {
                end(connection, String.valueOf(failure.getMessage()));
            } else {
                connection.client = client;
                client.send("COORD.WATCH").whenComplete((answer, none) -> {
                    // One that does not know the command refuses it, and the given nodes remain.
                    if (answer != null && !answer.isError()) {
                        learn(answer.asList());
                    }
                });
                prepare(connection, client);
            }
        });
    }

    private void prepare(Connection connection, RespClient client) {
        if (closed) {
            client.close();
            return;
        }
        CompletableFuture<?> prepared = user.prepare(client);
        ScheduledFuture<?> guard = loop.schedule(
                () -> end(connection, "no answer within " + prepareTimeoutMs + " ms"),
                prepareTimeoutMs,
                TimeUnit.MILLISECONDS);
        prepared.whenComplete((ok, failure) -> {
            guard.cancel(false);
            if (failure != null) {
                end(connection, String.valueOf(failure.getMessage()));
            } else if (!connection.over && !closed) {
                connection.ready = true;
                log.debug("connected to coordinator {}", connection.node);
                user.connected();
            }
        });
    }

    private void pushed(Connection connection, RespValue.Push push) {
        List<RespValue> items = push.items();
        if (connection.over) {
            return;
        } else if (!items.isEmpty() && items.get(0).asText().equals(NODES)) {
            learn(items.subList(1, items.size()));
        } else {
            user.pushed(push);
        }
    }

    /** The nodes are there now. */
    private void learn(List<RespValue> addresses) {
        Set<HostPort> all = new LinkedHashSet<>();
        for (RespValue address : addresses) {
            try {
                all.add(HostPort.parse(address.asText()));
            } catch (IllegalArgumentException | RespTypeException e) {
                log.warn("a coordinator node is said to be at {}, which is no address", address);
            }
        }
        all.addAll(given);
        HostPort here = current == null ? nodes.get(next) : current.node;
        nodes = List.copyOf(all);
        next = Math.max(0, nodes.indexOf(here));
    }

    private void end(Connection connection, String why) {
        if (connection.over) {
            return;
        }
        connection.over = true;
        current = null;
        if (connection.client != null) {
            connection.client.close();
        }
        if (closed) {
            return;
        }
        lastFailure = connection.node + ": " + why;
        log.debug("no connection to coordinator {}: {}", connection.node, why);
        next = (next + 1) % nodes.size();
        failures++;
        retrying = true;
        if (connection.ready) {
            user.disconnected();
        }
        loop.schedule(this::retry, pauseMs(), TimeUnit.MILLISECONDS);
    }

    private long pauseMs() {
        return failures < nodes.size() ? 0 : Backoff.delayMs(failures - nodes.size());
    }

    private void retry() {
        retrying = false;
        if (!closed && user.needsConnection()) {
            want();
        }
    }
}
