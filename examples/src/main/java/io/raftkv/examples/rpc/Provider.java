package io.raftkv.examples.rpc;

import io.raftkv.resp.CommandSpec;
import io.raftkv.resp.CommandTable;
import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespServer;
import io.raftkv.resp.RespValue;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Offers {@code GETFRIENDS name}: the friends of someone. Run it with {@code 127.0.0.1:7788}, then {@link Consumer}
 * with the same, or {@code redis-cli -p 7788 getfriends alice}.
 */
public final class Provider implements AutoCloseable {
    private static final Map<String, List<String>> FRIENDS = Map.of(
            "alice", List.of("bob", "carol"),
            "bob", List.of("alice"),
            "carol", List.of("alice", "dave"));

    private final RespServer server;

    private Provider(RespServer server) {
        this.server = server;
    }

    /** Listens; port 0 takes a free one. */
    public static Provider start(String host, int port) throws BindException {
        CommandSpec spec = new CommandSpec(
                "getfriends", 2, Set.of("readonly", "fast"), 0, 0, 0, "The friends of someone.", "rpc", "1.0.0");
        CommandTable table =
                new CommandTable().register(new ConnectionCommands(Map.of())).register(spec, Provider::friends);
        return new Provider(
                RespServer.builder().host(host).port(port).handler(table).start());
    }

    // It is called on the connection's event loop, so it must not block; a slow one answers later, from any thread.
    private static void friends(RespConnection connection, byte[][] args, Reply reply) {
        String name = new String(args[1], StandardCharsets.UTF_8);
        List<String> friends = FRIENDS.get(name);
        if (friends == null) {
            reply.error("NOSUCHPERSON nobody is called '" + name + "'");
        } else {
            reply.send(RespValue.array(friends.stream().map(RespValue::bulk).toList()));
        }
    }

    /** The port it listens at. */
    public int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.close();
    }

    /** {@code Provider host:port} serves until the process ends. */
    public static void main(String[] args) {
        int failed = run(args, System.out, System.err);
        if (failed != 0) {
            System.exit(failed);
        }
    }

    /** Returns the exit code if it could not start; else 0, and the server goes on. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        if (args.length != 1) {
            err.println("usage: Provider host:port");
            return 2;
        }
        try {
            Address address = Address.parse(args[0]);
            Provider provider = start(address.host(), address.port());
            Runtime.getRuntime().addShutdownHook(new Thread(provider::close, "raftkv-examples-shutdown-1"));
            out.println("GETFRIENDS is served at " + new Address(address.host(), provider.port()));
            return 0;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return 2;
        } catch (BindException e) {
            err.println(e.getMessage());
            return 1;
        }
    }
}
