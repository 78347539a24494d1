package io.raftkv.raft.transport.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Frames over TCP. Each server opens one link per lane to each peer it has something for, and sends on those only; what it
 * receives comes on the links that its peers opened. A link is opened by the first frame for a peer and again after it
 * broke, with a pause that grows.
 *
 * <pre>
 * out: bytes -> LinkOut (handshake, queue limit)            in: bytes -> LinkIn (handshake, frames) -> Receiver
 * </pre>
 *
 * <p>Threads: any; the channels live on the loops of the group that was given, which is not closed with this.
 */
public final class NettyTransport implements Transport {
    /** Larger than the largest frame the driver builds: one command of the largest size and what surrounds it. */
    static final int MAX_FRAME_BYTES = 64 << 20;

    /** The first byte that a peer sends; a server that shares its port with another protocol looks at it. */
    public static final byte FIRST_BYTE = Handshake.FIRST_BYTE;

    private static final Lane[] LANES = Lane.values();

    private final String clusterId;
    private final long serverId;
    private final EventLoopGroup loops;
    private final NameResolver resolver = new NameResolver();
    private final LongFunction<@Nullable InetSocketAddress> addresses;
    private final Map<Way, LinkOut> links = new ConcurrentHashMap<>();
    private final Map<Way, Channel> accepted = new ConcurrentHashMap<>();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private volatile @Nullable Receiver receiver;
    private volatile boolean closed;

    private record Way(long server, Lane lane) {}

    /**
     * @param addresses where a server is, or null if that is not known (yet); asked whenever a link is opened
     */
    public NettyTransport(
            String clusterId,
            long serverId,
            EventLoopGroup loops,
            LongFunction<@Nullable InetSocketAddress> addresses) {
        this.clusterId = clusterId;
        this.serverId = serverId;
        this.loops = loops;
        this.addresses = addresses;
    }

    @Override
    public void start(Receiver newReceiver) {
        receiver = newReceiver;
    }

    /**
     * Listens for peers on a port of its own, for servers that have no other protocol to share one with.
     *
     * @return the port, which the system chose if {@code address} has port 0
     */
    public int listen(InetSocketAddress address) throws IOException {
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accept(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly()
                .channel();
        if (!listener.isActive()) {
            throw new IOException("cannot listen for peers on " + address + "; is the port taken?");
        }
        channels.add(listener);
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Takes over a connection of which the first byte is {@link #FIRST_BYTE}; that byte is not yet read. */
    public void accept(Channel channel) {
        channels.add(channel);
        channel.pipeline().addLast(new LinkIn(this));
        if (closed) {
            channel.close();
        }
    }

    @Override
    public void send(long server, Lane lane, ByteBuffer frame) {
        if (!closed) {
            links.computeIfAbsent(new Way(server, lane), way -> new LinkOut(this, server, lane))
                    .send(frame);
        }
    }

    @Override
    public long queuedBytes(long server) {
        LinkOut link = links.get(new Way(server, Lane.CONTROL));
        return link == null ? 0 : link.queuedBytes();
    }

    @Override
    public void close() {
        closed = true;
        ChannelGroupFuture closing = channels.close();
        if (!loops.isShuttingDown()) {
            // Loops that end close their channels by themselves, and may tell nobody.
            closing.awaitUninterruptibly();
        }
        links.clear();
        resolver.close();
    }

    // For the links.

    String clusterId() {
        return clusterId;
    }

    long serverId() {
        return serverId;
    }

    NameResolver resolver() {
        return resolver;
    }

    EventLoopGroup loops() {
        return loops;
    }

    boolean isClosed() {
        return closed;
    }

    @Nullable
    InetSocketAddress addressOf(long server) {
        return addresses.apply(server);
    }

    void opened(Channel channel) {
        channels.add(channel);
        if (closed) {
            channel.close();
        }
    }

    /** A peer opened a link. One that it opened before is dead, even if that has not been noticed here. */
    void accepted(long server, Lane lane, Channel channel) {
        Channel before = accepted.put(new Way(server, lane), channel);
        if (before != null) {
            before.close();
        }
        linkChanged(server, lane, true);
    }

    void lost(long server, Lane lane, Channel channel) {
        if (accepted.remove(new Way(server, lane), channel)) {
            linkChanged(server, lane, false);
        }
    }

    void received(long server, ByteBuffer frame) {
        // What comes in one lane is mostly answered in the other.
        for (Lane lane : LANES) {
            LinkOut back = links.get(new Way(server, lane));
            if (back != null) {
                back.heard();
            }
        }
        Receiver to = receiver;
        if (to != null && !closed) {
            to.received(server, frame);
        }
    }

    /** Only the links that keep groups alive tell anything about whether the peer lives. */
    void linkChanged(long server, Lane lane, boolean up) {
        Receiver to = receiver;
        if (to != null && !closed && lane == Lane.CONTROL) {
            to.linkChanged(server, up);
        }
    }
}
