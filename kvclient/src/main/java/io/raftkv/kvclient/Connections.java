package io.raftkv.kvclient;

import io.netty.channel.EventLoopGroup;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One pipelined connection per server, made when it is first needed and made again when it broke.
 *
 * <p>Threads: any; the map does the locking.
 */
final class Connections implements AutoCloseable {
    private final EventLoopGroup loops;
    private final RespClient.Options options;
    private final Map<HostPort, CompletableFuture<RespClient>> open = new ConcurrentHashMap<>();
    private volatile boolean closed;

    Connections(EventLoopGroup loops, RespClient.Options options) {
        this.loops = loops;
        this.options = options;
    }

    /** The connection to a server, perhaps still under way. The next call after a failure tries anew. */
    CompletableFuture<RespClient> to(HostPort server) {
        CompletableFuture<RespClient> known = open.get(server);
        if (known != null && !broken(known)) {
            return known;
        }
        if (known != null) {
            open.remove(server, known);
        }
        CompletableFuture<RespClient> mine = new CompletableFuture<>();
        CompletableFuture<RespClient> other = open.putIfAbsent(server, mine);
        if (other != null) {
            return other;
        }
        RespClient.connect(loops, server.host(), server.port(), options)
                .whenComplete((client, failure) -> finish(server, mine, client, failure));
        return mine;
    }

    // Completing comes last: whoever waits for the future may ask for the server again at once.
    private void finish(
            HostPort server,
            CompletableFuture<RespClient> mine,
            @Nullable RespClient client,
            @Nullable Throwable failure) {
        if (client == null) {
            open.remove(server, mine);
            mine.completeExceptionally(
                    failure != null ? failure : new IllegalStateException("no connection to " + server));
            return;
        }
        if (closed) {
            client.close();
        }
        mine.complete(client);
    }

    private static boolean broken(CompletableFuture<RespClient> connection) {
        if (!connection.isDone()) {
            return false;
        }
        return connection.isCompletedExceptionally() || !connection.join().isOpen();
    }

    @Override
    public void close() {
        closed = true;
        for (CompletableFuture<RespClient> connection : open.values()) {
            connection.thenAccept(RespClient::close);
        }
    }
}
