package io.raftkv.raft.transport.netty;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.raftkv.raft.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Event loops of their own for a server that has none to share, with the transport on them. Their threads are daemons
 * named {@code raftkv-raft-loop-<n>}.
 *
 * <p>Threads: any. {@link #close} waits, so it must not be called on one of the loops.
 */
public final class NettyLoops implements AutoCloseable {
    private static final long CLOSE_SECONDS = 10;

    private final EventLoopGroup group;
    private final List<EventLoop> loops = new ArrayList<>();

    /** @param threads at least 1 */
    public NettyLoops(int threads) {
        group = new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory("raftkv-raft-loop", true), NioIoHandler.newFactory());
        for (EventExecutor loop : group) {
            loops.add(new NettyLoop((io.netty.channel.EventLoop) loop));
        }
    }

    /** The loops, in the order in which groups are spread over them. */
    public List<EventLoop> loops() {
        return List.copyOf(loops);
    }

    /** A transport on these loops, see {@link NettyTransport#NettyTransport}; its owner closes it before the loops. */
    public NettyTransport transport(
            String clusterId, long serverId, LongFunction<@Nullable InetSocketAddress> addresses) {
        return new NettyTransport(clusterId, serverId, group, addresses);
    }

    /** Ends the threads, after the tasks that they have. */
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
