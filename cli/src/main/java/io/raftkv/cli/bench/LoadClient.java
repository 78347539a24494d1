package io.raftkv.cli.bench;

import io.netty.channel.EventLoop;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespLimits;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One client of the load: a connection per server, as a client library has it.
 *
 * <p>Threads: its loop.
 */
final class LoadClient {
    private final EventLoop loop;
    private final RespClient.Options options;
    private final Map<HostPort, CompletableFuture<RespClient>> connections = new HashMap<>();

    LoadClient(EventLoop loop, int mostInFlight) {
        this.loop = loop;
        this.options = RespClient.Options.DEFAULT.withLimits(RespLimits.DEFAULT).withMaxInFlight(mostInFlight);
    }

    EventLoop loop() {
        return loop;
    }

    /** The connection to a server; the next call after a failure tries anew. */
    CompletableFuture<RespClient> to(HostPort server) {
        CompletableFuture<RespClient> known = connections.get(server);
        if (known != null
                && (!known.isDone()
                        || !known.isCompletedExceptionally() && known.join().isOpen())) {
            return known;
        }
        CompletableFuture<RespClient> made = RespClient.connect(loop, server.host(), server.port(), options);
        connections.put(server, made);
        return made;
    }

    void close() {
        connections.values().forEach(connection -> connection.thenAccept(RespClient::close));
    }
}
