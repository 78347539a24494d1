package io.raftkv.resp;

import io.netty.channel.EventLoopGroup;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A pipelining client connection. */
public final class RespClient implements AutoCloseable {
    /** Connects. */
    public static CompletableFuture<RespClient> connect(EventLoopGroup group, String host, int port, Options options) {
        return Skeleton.missing();
    }

    /** Sends a command; the arrays must not be changed any more. */
    public CompletableFuture<RespValue> send(byte[]... args) {
        return Skeleton.missing();
    }

    /** Sends a command in UTF-8. */
    public CompletableFuture<RespValue> send(String... args) {
        return Skeleton.missing();
    }

    /** Whether commands can be sent, as far as is known. */
    public boolean isOpen() {
        return Skeleton.missing();
    }

    @Override
    public void close() {
        Skeleton.missing();
    }

    /**
     * How to connect.
     *
     * @param connectTimeoutMs for the connection and, with protocol 3, the answer to HELLO
     * @param limits what the server may send
     * @param protocol 2, or 3: then HELLO 3 is sent first
     * @param maxInFlight commands without an answer; more are refused
     * @param onPush receives push messages on the connection's loop, and must not block
     * @param onClose called once, on the connection's loop, after all commands in flight were failed
     */
    public record Options(
            int connectTimeoutMs,
            RespLimits limits,
            int protocol,
            int maxInFlight,
            Consumer<RespValue.Push> onPush,
            Runnable onClose) {
        /** Two seconds, default limits, protocol 2, 1024 in flight, pushes dropped. */
        public static final Options DEFAULT = new Options(2_000, RespLimits.DEFAULT, 2, 1024, push -> {}, () -> {});

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
}
