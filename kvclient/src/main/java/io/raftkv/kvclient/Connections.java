package io.raftkv.kvclient;

import io.netty.channel.EventLoopGroup;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One pipelined connection per server, made when it is first needed and made again when it broke. Whoever asks while it
 * is being made is served in the order of asking, so that commands keep their order.
 *
 * <p>A server that answers nothing for a while though something is asked of it is taken for lost, and its connection closed: a
 * process that stands still keeps its connections, and nobody would ask those who took over from it.
 *
 * <p>Threads: any. A link has a lock of its own, under which commands are handed to the connection; nothing waits there
 * and no other lock is taken.
 */
final class Connections implements AutoCloseable {
    /** So often looked at without an answer means lost. */
    private static final int SILENT_WATCHES = 4;

    private final EventLoopGroup loops;
    private final RespClient.Options options;
    private final Map<HostPort, Link> links = new ConcurrentHashMap<>();
    private volatile boolean closed;

    Connections(EventLoopGroup loops, RespClient.Options options) {
        this.loops = loops;
        this.options = options;
    }

    /** Gives the user the connection to a server, or the reason why there is none; at once if it stands. */
    void use(HostPort server, BiConsumer<@Nullable RespClient, @Nullable Throwable> user) {
        links.computeIfAbsent(server, Link::new).use(user);
    }

    /** The connection to a server, if it stands. */
    @Nullable
    RespClient standing(HostPort server) {
        Link link = links.get(server);
        return link == null ? null : link.standing();
    }

    /** Looks after all connections; to be called every so often. */
    void watch() {
        links.values().forEach(Link::watch);
    }

    @Override
    public void close() {
        closed = true;
        links.values().forEach(Link::close);
    }

    private final class Link {
        private final HostPort server;
        private final Queue<BiConsumer<@Nullable RespClient, @Nullable Throwable>> waiting = new ArrayDeque<>();
        private @Nullable RespClient client;
        private boolean connecting;
        private long answeredBefore;
        private int silentWatches;

        Link(HostPort server) {
            this.server = server;
        }

        synchronized void use(BiConsumer<@Nullable RespClient, @Nullable Throwable> user) {
            if (client != null && client.isOpen()) {
                user.accept(client, null);
                return;
            }
            waiting.add(user);
            if (!connecting) {
                connecting = true;
                RespClient.connect(loops, server.host(), server.port(), options).whenComplete(this::connected);
            }
        }

        synchronized @Nullable RespClient standing() {
            return client != null && client.isOpen() ? client : null;
        }

        private synchronized void connected(@Nullable RespClient made, @Nullable Throwable failure) {
            connecting = false;
            client = made;
            answeredBefore = 0;
            silentWatches = 0;
            if (made != null && closed) {
                made.close();
            }
            while (!waiting.isEmpty()) {
                waiting.remove().accept(made, failure);
            }
        }

        synchronized void watch() {
            if (client == null || client.inFlight() == 0 || client.answered() != answeredBefore) {
                answeredBefore = client == null ? 0 : client.answered();
                silentWatches = 0;
            } else if (++silentWatches == SILENT_WATCHES) {
                client.close();
            }
        }

        synchronized void close() {
            if (client != null) {
                client.close();
            }
        }
    }
}
