package io.raftkv.resp;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one server: admits, counts and ends them. While a port is shared, a connection is undecided until
 * its first byte shows whose it is.
 *
 * <p>Threads: any. A connection is put on its list before it looks at {@link #closing}, and {@link #close} sets that
 * before it looks at the lists; so one of the two sees the other.
 */
final class Connections {
    // Beyond the limit so many may wait undecided, each for a moment: the other protocol, which is the servers' own,
    // must get in even if clients have taken all places.
    private static final int UNDECIDED_RESERVE = 64;
    private static final int UNDECIDED_MS = 5_000;
    private static final String FULL = "-ERR max number of clients reached\r\n";

    private final RespHandler handler;
    private final RespLimits limits;
    private final BackPressure backPressure;
    private final int maxConnections;
    private final @Nullable OtherProtocol other;
    private final AtomicLong lastId = new AtomicLong();
    private final Set<Channel> undecided = ConcurrentHashMap.newKeySet();
    private final Map<RespConnection, CompletableFuture<Void>> open = new ConcurrentHashMap<>();
    private final Collection<RespConnection> openView = Collections.unmodifiableSet(open.keySet());
    private volatile boolean closing;

    Connections(
            RespHandler handler,
            RespLimits limits,
            BackPressure backPressure,
            int maxConnections,
            @Nullable OtherProtocol other) {
        this.handler = handler;
        this.limits = limits;
        this.backPressure = backPressure;
        this.maxConnections = maxConnections;
        this.other = other;
    }

    int count() {
        return open.size();
    }

    /** Takes a new channel, on its loop. */
    void accept(Channel channel) {
        if (other == null) {
            install(channel);
            return;
        }
        int beyond = open.size() + undecided.size() - maxConnections;
        if (beyond >= UNDECIDED_RESERVE) {
            turnAway(channel);
            return;
        }
        undecided.add(channel);
        channel.closeFuture().addListener(closed -> undecided.remove(channel));
        channel.pipeline().addLast(new FirstByte(other, this::install, () -> undecided.remove(channel)));
        if (beyond >= 0) {
            channel.eventLoop().schedule(() -> closeIfUndecided(channel), UNDECIDED_MS, TimeUnit.MILLISECONDS);
        }
        closeIfClosing(channel);
    }

    private void closeIfUndecided(Channel channel) {
        if (undecided.contains(channel)) {
            channel.close();
        }
    }

    private void install(Channel channel) {
        if (open.size() >= maxConnections) {
            turnAway(channel);
            return;
        }
        ServerConnection connection = new ServerConnection(lastId.incrementAndGet(), channel, backPressure, openView);
        CompletableFuture<Void> end = new CompletableFuture<>();
        open.put(connection, end);
        channel.pipeline().addLast(new RequestHandler(connection, handler, limits, channel, () -> {
            open.remove(connection);
            end.complete(null);
        }));
        closeIfClosing(channel);
    }

    private void closeIfClosing(Channel channel) {
        if (closing) {
            channel.close();
        }
    }

    private static void turnAway(Channel channel) {
        channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), FULL)).addListener(ChannelFutureListener.CLOSE);
    }

    /** Ends all, and waits for it; answers that are due have {@code graceMs}. */
    void close(int graceMs) {
        closing = true;
        undecided.forEach(Channel::close);
        open.keySet().forEach(RespConnection::closeAfterReplies);
        CompletableFuture<Void> ended = CompletableFuture.allOf(open.values().toArray(CompletableFuture[]::new));
        ended.completeOnTimeout(null, graceMs, TimeUnit.MILLISECONDS).join();
        open.keySet().forEach(RespConnection::close);
        CompletableFuture.allOf(open.values().toArray(CompletableFuture[]::new)).join();
    }
}
