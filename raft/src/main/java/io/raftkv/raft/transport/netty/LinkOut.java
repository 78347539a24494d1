package io.raftkv.raft.transport.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.netty.Handshake.Answer;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link to one peer for one lane. What is sent while it is not up is dropped: Raft repeats what matters, and what was said some time
 * ago mostly does not.
 *
 * <p>Threads: any.
 */
final class LinkOut {
    private static final Logger LOG = LoggerFactory.getLogger(LinkOut.class);

    private static final long MAX_QUEUED_BYTES = 64 << 20;
    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A peer answers nearly all that Raft says; if it does not, the link may be dead without either end knowing. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int CONNECT_TIMEOUT_MS = 1000;
    private static final int WELCOME_TIMEOUT_MS = 2000;

    private final NettyTransport transport;
    private final long peer;
    private final Lane lane;
    private final AtomicLong queued = new AtomicLong();
    private volatile @Nullable Channel up;
    private volatile long progressNanos;
    private volatile boolean unanswered;
    private volatile long unansweredNanos;
    private volatile long lastSendNanos;

    // Guarded by this.
    private boolean connecting;
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long notBeforeNanos = System.nanoTime();
    private @Nullable String lastComplaint;

    LinkOut(NettyTransport transport, long peer, Lane lane) {
        this.transport = transport;
        this.peer = peer;
        this.lane = lane;
    }

    long queuedBytes() {
        return queued.get();
    }

    void send(ByteBuffer frame) {
        Channel channel = up;
        if (channel == null) {
            connect();
            return;
        }
        if (isSilent()) {
            LOG.info("server {} has said nothing for 5 s; opening a new link", Long.toHexString(peer));
            channel.close();
            return;
        }
        int length = frame.remaining();
        if (queued.get() > 0 && System.nanoTime() - progressNanos > STALLED_NANOS) {
            LOG.warn("server {} has taken nothing for 5 s; closing the link", Long.toHexString(peer));
            channel.close();
            return;
        }
        if (queued.get() + length > MAX_QUEUED_BYTES) {
            return;
        }
        ByteBuf out = channel.alloc().directBuffer(Integer.BYTES + length);
        out.writeInt(length).writeBytes(frame);
        if (queued.getAndAdd(length) == 0) {
            progressNanos = System.nanoTime();
        }
        channel.writeAndFlush(out).addListener(done -> {
            queued.addAndGet(-length);
            progressNanos = System.nanoTime();
        });
    }

    /** The peer said something, on one of its own links. */
    void heard() {
        if (unanswered) {
            unanswered = false;
        }
    }

    /** Whether it kept silent while it was spoken to: the last word before a long rest may be one that wants no answer. */
    private boolean isSilent() {
        long now = System.nanoTime();
        boolean rested = now - lastSendNanos > SILENT_NANOS / 2;
        lastSendNanos = now;
        if (unanswered && !rested) {
            return now - unansweredNanos > SILENT_NANOS;
        }
        unansweredNanos = now;
        unanswered = true;
        return false;
    }

    private synchronized void connect() {
        if (connecting || System.nanoTime() - notBeforeNanos < 0 || transport.isClosed()) {
            return;
        }
        InetSocketAddress address = transport.addressOf(peer);
        if (address == null) {
            return;
        }
        connecting = true;
        new Bootstrap()
                .group(transport.loops())
                .resolver(transport.resolver())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        transport.opened(channel);
                        channel.pipeline().addLast(new Greeter());
                    }
                })
                .connect(address)
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        // Netty's message has the address.
                        down("cannot connect: " + done.cause().getMessage());
                    }
                });
    }

    private synchronized void up(Channel channel) {
        connecting = false;
        pauseNanos = FIRST_PAUSE_NANOS;
        lastComplaint = null;
        unanswered = false;
        up = channel;
        progressNanos = System.nanoTime();
        LOG.debug("link to server {} at {} is up", Long.toHexString(peer), channel.remoteAddress());
    }

    private synchronized void down(String why) {
        connecting = false;
        up = null;
        notBeforeNanos = System.nanoTime() + pauseNanos;
        pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
        if (!why.equals(lastComplaint) && !transport.isClosed()) {
            lastComplaint = why;
            LOG.info("no link to server {}: {}", Long.toHexString(peer), why);
        }
    }

    /** Introduces this server, and hands the channel over once it is welcome. */
    private final class Greeter extends SimpleChannelInboundHandler<ByteBuf> {
        private boolean welcome;
        private String why = "closed by the peer";

        @Override
        public void channelActive(ChannelHandlerContext context) {
            ByteBuf hello = context.alloc().buffer();
            new Handshake(lane, transport.serverId(), peer, transport.clusterId()).writeTo(hello);
            context.writeAndFlush(hello);
            context.executor()
                    .schedule(
                            () -> {
                                if (!welcome) {
                                    why = "no answer to the greeting";
                                    context.close();
                                }
                            },
                            WELCOME_TIMEOUT_MS,
                            TimeUnit.MILLISECONDS);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf in) {
            if (welcome || !in.isReadable()) {
                return;
            }
            Answer answer = Answer.of(in.readByte());
            if (answer == Answer.WELCOME) {
                welcome = true;
                up(context.channel());
                transport.linkChanged(peer, lane, true);
            } else {
                why = "refused: " + answer.text;
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            down(why);
            if (welcome) {
                transport.linkChanged(peer, lane, false);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            why = String.valueOf(cause.getMessage());
            context.close();
        }
    }
}
