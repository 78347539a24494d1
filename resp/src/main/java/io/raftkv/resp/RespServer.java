package io.raftkv.resp;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.net.BindException;
import java.util.function.Consumer;

/** A RESP server on one port. */
public final class RespServer implements AutoCloseable {
    /** Begins to describe a server. */
    public static Builder builder() {
        return new Builder();
    }

    /** The port it listens at. */
    public int port() {
        return Skeleton.missing();
    }

    @Override
    public void close() {
        Skeleton.missing();
    }

    /** What a server needs to know. */
    public static final class Builder {
        private Builder() {}

        /** The address to listen at; default 127.0.0.1. */
        public Builder host(String host) {
            return this;
        }

        /** The port to listen at; 0, the default, takes a free one. */
        public Builder port(int port) {
            return this;
        }

        /** The loops to use; they are not closed with the server. Without them it has its own. */
        public Builder bossAndWorkers(EventLoopGroup group) {
            return this;
        }

        /** What answers the commands; required. */
        public Builder handler(RespHandler handler) {
            return this;
        }

        /** What a client may send. */
        public Builder limits(RespLimits limits) {
            return this;
        }

        /** How many clients may be connected; more are refused. */
        public Builder maxConnections(int maxConnections) {
            return this;
        }

        /** Hands connections whose first byte is this one, not consumed, to another protocol. */
        public Builder otherProtocol(byte firstByte, Consumer<Channel> installer) {
            return this;
        }

        /** Listens. */
        public RespServer start() throws BindException {
            if (hashCode() == 0) {
                throw new BindException();
            }
            return Skeleton.missing();
        }
    }
}
