package io.raftkv.resp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A client's connection. Commands are pipelined: all that are sent within one turn of the loop leave with one flush,
 * and none waits for the answer to another. It does not reconnect.
 *
 * <p>Threads: any may send; futures complete on the connection's loop, in the order of sending, and what depends on
 * them must not block it. There is no timeout per command; callers give their futures one.
 */
public final class RespClient implements AutoCloseable {
    private final ClientHandler handler;

    private RespClient(ClientHandler handler) {
        this.handler = handler;
    }

    /**
     * Connects.
     *
     * @param group NIO loops; they stay the caller's
     * @return completes on the connection's loop; fails with a {@link java.net.ConnectException}, another {@link
     *     IOException}, or, if HELLO was refused, with an {@link IOException} that has the server's words
     */
    public static CompletableFuture<RespClient> connect(EventLoopGroup group, String host, int port, Options options) {
        CompletableFuture<RespClient> result = new CompletableFuture<>();
        ClientHandler handler = new ClientHandler(options);
        ChannelFuture connecting = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMs())
                .handler(handler)
                .connect(host, port);
        connecting.addListener(done -> {
            Channel channel = connecting.channel();
            if (connecting.isSuccess() && channel.localAddress().equals(channel.remoteAddress())) {
                // Who tries again and again to reach a free local port may be given that very port to call from; TCP
                // then connects the socket with itself, and the server could not listen there any more.
                channel.close();
                result.completeExceptionally(new ConnectException("Connection refused: " + host + ":" + port));
            } else if (connecting.isSuccess()) {
                greet(channel, handler, options, result);
            } else {
                result.completeExceptionally(connecting.cause());
            }
        });
        return result;
    }

    private static void greet(
            Channel channel, ClientHandler handler, Options options, CompletableFuture<RespClient> result) {
        RespClient client = new RespClient(handler);
        if (options.protocol() == 2) {
            handler.established();
            result.complete(client);
            return;
        }
        CompletableFuture<RespValue> hello = client.send("HELLO", "3");
        var timer = channel.eventLoop()
                .schedule(
                        () -> hello.completeExceptionally(new IOException("no answer")),
                        options.connectTimeoutMs(),
                        TimeUnit.MILLISECONDS);
        hello.whenComplete((answer, failure) -> {
            timer.cancel(false);
            if (failure == null && !answer.isError()) {
                handler.established();
                result.complete(client);
            } else {
                channel.close();
                result.completeExceptionally(refusal(channel, answer, failure));
            }
        });
    }

    private static IOException refusal(Channel channel, RespValue answer, Throwable failure) {
        String why = failure == null ? answer.errorMessage() : String.valueOf(failure.getMessage());
        return new IOException("HELLO 3 to " + channel.remoteAddress() + " failed: " + why, failure);
    }

    /**
     * Sends a command. An error reply completes the future normally, with a {@link RespValue.Error}; a broken
     * connection completes it with {@link ConnectionLost}, which says whether the command may have been carried out;
     * too many commands in flight complete it with {@link TooManyInFlight}. A command whose future is completed by
     * others before it is written, for instance by a timeout, is not sent.
     *
     * @param args at least one; the arrays must not be changed any more
     */
    public CompletableFuture<RespValue> send(byte[]... args) {
        return handler.send(args);
    }

    /** Sends a command in UTF-8; see {@link #send(byte[][])}. */
    public CompletableFuture<RespValue> send(String... args) {
        byte[][] bytes = new byte[args.length][];
        for (int i = 0; i < args.length; i++) {
            bytes[i] = args[i].getBytes(StandardCharsets.UTF_8);
        }
        return handler.send(bytes);
    }

    /** Whether the connection stands, as far as is known. */
    public boolean isOpen() {
        return handler.isOpen();
    }

    /** Commands that were accepted and not answered. */
    public int inFlight() {
        return handler.inFlight();
    }

    /** Answers that came, over the life of the connection. One that has commands in flight and gets none hangs. */
    public long answered() {
        return handler.answered();
    }

    /** Closes; what is in flight fails with {@link ConnectionLost}. It does not wait. */
    @Override
    public void close() {
        handler.close();
    }

    /**
     * How to connect.
     *
     * @param connectTimeoutMs for the connection and, with protocol 3, the answer to HELLO
     * @param limits what the server may send
     * @param protocol 2, or 3: then HELLO 3 is sent first
     * @param maxInFlight commands without an answer; more are refused
     * @param onPush receives push messages on the connection's loop; it must not block or throw
     * @param onClose called once, on the connection's loop, after all commands in flight were failed; not if {@link
     *     #connect} failed
     */
    public record Options(
            int connectTimeoutMs,
            RespLimits limits,
            int protocol,
            int maxInFlight,
            Consumer<RespValue.Push> onPush,
            Runnable onClose) {
        /** Two seconds, default limits, protocol 2, as many in flight as a server takes by default, pushes dropped. */
        public static final Options DEFAULT = new Options(2_000, RespLimits.DEFAULT, 2, 1024, push -> {}, () -> {});

        public Options {
            Objects.requireNonNull(limits);
            Objects.requireNonNull(onPush);
            Objects.requireNonNull(onClose);
            if (connectTimeoutMs < 1 || maxInFlight < 1 || protocol != 2 && protocol != 3) {
                throw new IllegalArgumentException("not possible: connectTimeoutMs " + connectTimeoutMs
                        + ", maxInFlight " + maxInFlight + ", protocol " + protocol);
            }
        }

        /** The same with another timeout. */
        public Options withConnectTimeoutMs(int ms) {
            return new Options(ms, limits, protocol, maxInFlight, onPush, onClose);
        }

        /** The same with other limits. */
        public Options withLimits(RespLimits other) {
            return new Options(connectTimeoutMs, other, protocol, maxInFlight, onPush, onClose);
        }

        /** The same with another protocol. */
        public Options withProtocol(int version) {
            return new Options(connectTimeoutMs, limits, version, maxInFlight, onPush, onClose);
        }

        /** The same with another bound of commands in flight. */
        public Options withMaxInFlight(int commands) {
            return new Options(connectTimeoutMs, limits, protocol, commands, onPush, onClose);
        }

        /** The same with another receiver of pushes. */
        public Options withOnPush(Consumer<RespValue.Push> receiver) {
            return new Options(connectTimeoutMs, limits, protocol, maxInFlight, receiver, onClose);
        }

        /** The same with another listener of the end. */
        public Options withOnClose(Runnable listener) {
            return new Options(connectTimeoutMs, limits, protocol, maxInFlight, onPush, listener);
        }
    }

    /** So many commands wait for an answer that no more are taken; this one was not sent. */
    public static final class TooManyInFlight extends IOException {
        private static final long serialVersionUID = 1L;

        TooManyInFlight(int limit) {
            super(limit + " commands wait for an answer; retry when some have come");
        }
    }
}
