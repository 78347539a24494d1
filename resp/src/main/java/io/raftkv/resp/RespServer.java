package io.raftkv.resp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A RESP server on one port, which it may share with one other protocol.
 *
 * <p>Threads: any. Life: it serves from {@link Builder#start} to {@link #close}.
 */
public final class RespServer implements AutoCloseable {
    private final Channel listener;
    private final Connections connections;
    private final @Nullable EventLoopGroup ownGroup;
    private final int closeGraceMs;

    private RespServer(Channel listener, Connections connections, @Nullable EventLoopGroup ownGroup, int closeGraceMs) {
        this.listener = listener;
        this.connections = connections;
        this.ownGroup = ownGroup;
        this.closeGraceMs = closeGraceMs;
    }

    /** Begins to describe a server. */
    public static Builder builder() {
        return new Builder();
    }

    /** The port it listens at. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** How many clients are connected. */
    public int connectionCount() {
        return connections.count();
    }

    /**
     * Stops listening, takes no more commands, lets answers that are due leave for a short while, and closes all
     * connections. When it returns, the handler has been told of the end of each. Connections that were handed to the
     * other protocol are that one's to close.
     *
     * @throws IllegalStateException if called on one of the server's loops, which would wait for itself
     */
    @Override
    public void close() {
        for (EventExecutor loop : listener.eventLoop().parent()) {
            if (loop.inEventLoop()) {
                throw new IllegalStateException("a server cannot be closed on its own event loop");
            }
        }
        if (listener.isOpen()) { // Else its loops were ended first, which ended all.
            listener.close().syncUninterruptibly();
        }
        connections.close(closeGraceMs);
        if (ownGroup != null) {
            ownGroup.shutdownGracefully(0, closeGraceMs, TimeUnit.MILLISECONDS).syncUninterruptibly();
        }
    }

    /** What a server needs to know. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port;
        private @Nullable EventLoopGroup group;
        private @Nullable RespHandler handler;
        private RespLimits limits = RespLimits.DEFAULT;
        private BackPressure backPressure = BackPressure.DEFAULT;
        private int maxConnections = 10_000; // As Redis; a connection costs a few kilobytes.
        private int closeGraceMs = 1_000;
        private @Nullable OtherProtocol other;

        private Builder() {}

        /** The address to listen at; default 127.0.0.1. */
        public Builder host(String address) {
            host = address;
            return this;
        }

        /** The port to listen at; 0, the default, takes a free one. */
        public Builder port(int number) {
            port = number;
            return this;
        }

        /** The NIO loops to use; they are not closed with the server. Without them it has two of its own. */
        public Builder bossAndWorkers(EventLoopGroup shared) {
            group = shared;
            return this;
        }

        /** What answers the commands; required. */
        public Builder handler(RespHandler commandHandler) {
            handler = commandHandler;
            return this;
        }

        /** What a client may send; default {@link RespLimits#DEFAULT}. */
        public Builder limits(RespLimits newLimits) {
            limits = newLimits;
            return this;
        }

        /** How many clients may be connected; more are told so and closed. Default 10,000. */
        public Builder maxConnections(int count) {
            maxConnections = count;
            return this;
        }

        /**
         * When a connection stops being read: at so many commands without answer (default 1,024), or so many bytes of
         * requests in process, answers kept for their turn, or output that the client does not read (1 MiB). It is
         * read on at half. The other protocol has its own rules.
         */
        public Builder backPressure(int maxPendingReplies, int maxPendingBytes) {
            int pushBytes = Math.max(maxPendingBytes, BackPressure.DEFAULT.maxPushBytes());
            backPressure = new BackPressure(maxPendingReplies, maxPendingBytes, pushBytes);
            return this;
        }

        /** How long {@link RespServer#close} waits for answers that are due; default 1,000. */
        public Builder closeGraceMs(int ms) {
            closeGraceMs = ms;
            return this;
        }

        /**
         * Hands connections whose first byte is {@code firstByte} to another protocol. The installer is called on the
         * connection's loop, with a pipeline that has no handlers but those it adds; the byte is not consumed.
         */
        public Builder otherProtocol(byte firstByte, Consumer<Channel> installer) {
            other = new OtherProtocol(firstByte, installer);
            return this;
        }

        /**
         * Listens.
         *
         * @throws BindException if the address cannot be bound; the message names it
         */
        public RespServer start() throws BindException {
            RespHandler commands = Objects.requireNonNull(handler, "a server needs a handler");
            Connections connections = new Connections(commands, limits, backPressure, maxConnections, other);
            EventLoopGroup own = group == null ? newGroup() : null;
            ServerBootstrap bootstrap = new ServerBootstrap()
                    .group(own != null ? own : Objects.requireNonNull(group))
                    .channel(NioServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .option(ChannelOption.SO_BACKLOG, 1024)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.SO_KEEPALIVE, true)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            connections.accept(channel);
                        }
                    });
            ChannelFuture bound = bootstrap.bind(host, port).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                if (own != null) {
                    own.shutdownGracefully(0, closeGraceMs, TimeUnit.MILLISECONDS);
                }
                throw failure(bound.cause());
            }
            return new RespServer(bound.channel(), connections, own, closeGraceMs);
        }

        private static EventLoopGroup newGroup() {
            return new MultiThreadIoEventLoopGroup(
                    2, new DefaultThreadFactory("raftkv-resp-loop"), NioIoHandler.newFactory());
        }

        private BindException failure(Throwable cause) {
            String why = cause instanceof UnresolvedAddressException ? "the host is not known" : cause.getMessage();
            BindException failure = new BindException("cannot listen at " + host + ":" + port + ": " + why);
            failure.initCause(cause);
            return failure;
        }
    }
}
