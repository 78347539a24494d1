package io.raftkv.cli.ctl;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.cli.Console;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the commands of a line share: the streams, and the connection to the coordinator, made when it is first needed.
 *
 * <p>Threads: one; the loop below it does the network.
 */
final class CtlSession implements AutoCloseable {
    /** The service of the key-value servers, which is meant unless another is named. */
    static final String KV = "kv";

    private final Console console;
    private final ClientConfig config;
    private final String service;
    private @Nullable EventLoopGroup loops;
    private @Nullable CoordinatorClient client;

    CtlSession(Console console, ClientConfig config, String service) {
        this.console = console;
        this.config = config;
        this.service = service;
    }

    Console console() {
        return console;
    }

    ClientConfig config() {
        return config;
    }

    /** The service named in the line, else the one of the session. */
    String service(@Nullable String named) {
        return named == null ? service : named;
    }

    void print(String line) {
        console.out().println(line);
    }

    EventLoopGroup loops() {
        EventLoopGroup open = loops;
        if (open == null) {
            open = new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("raftkv-ctl-loop", true), NioIoHandler.newFactory());
            loops = open;
        }
        return open;
    }

    CoordinatorClient coordinator() {
        CoordinatorClient open = client;
        if (open == null) {
            open = CoordinatorClient.open(config, loops());
            client = open;
        }
        return open;
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        if (loops != null) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        }
    }
}
