package io.raftkv.kvserver;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A blocking client that follows MOVED, as small as one can be. */
final class RoutingClient implements AutoCloseable {
    private static final int MAX_HOPS = 5;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<HostPort, RespClient> clients = new HashMap<>();

    RespClient client(HostPort address) throws Exception {
        RespClient known = clients.get(address);
        if (known == null || !known.isOpen()) {
            known = RespClient.connect(group, address.host(), address.port(), RespClient.Options.DEFAULT)
                    .get(5, TimeUnit.SECONDS);
            clients.put(address, known);
        }
        return known;
    }

    RespValue ask(HostPort address, String... args) throws Exception {
        return client(address).send(args).get(10, TimeUnit.SECONDS);
    }

    /** Asks {@code first}, and whom it names. */
    RespValue call(HostPort first, String... args) throws Exception {
        HostPort target = first;
        RespValue answer = RespValue.nil();
        for (int hop = 0; hop < MAX_HOPS; hop++) {
            answer = ask(target, args);
            if (!(answer instanceof RespValue.Error error) || !error.code().equals("MOVED")) {
                return answer;
            }
            target = HostPort.parse(error.message().substring(error.message().lastIndexOf(' ') + 1));
        }
        return answer;
    }

    /** As {@link #call}; a connection that breaks is an answer too. */
    RespValue tryCall(HostPort first, String... args) throws Exception {
        try {
            return call(first, args);
        } catch (ExecutionException | TimeoutException e) {
            return RespValue.error("LOST " + e.getMessage());
        }
    }

    @Override
    public void close() {
        clients.values().forEach(RespClient::close);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
