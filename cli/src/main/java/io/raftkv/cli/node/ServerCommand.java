package io.raftkv.cli.node;

import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.Console;
import io.raftkv.config.ServerConfig;
import io.raftkv.kvserver.KvServer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code raftkv server}. */
@Command(
        name = "server",
        description = {
            "Run one key-value server until SIGTERM. Options override the file.",
            "Its group is the one whose list, given to raftkv ctl join, holds its announced address."
        },
        footer = {"", "Example: raftkv server --listen 127.0.0.1:7001 --data data/s1"})
public final class ServerCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", description = "The same as --config.")
    private @Nullable Path file;

    @Option(names = "--config", paramLabel = "FILE", description = "A server configuration file (XML or YAML).")
    private @Nullable Path config;

    @Option(names = "--listen", paramLabel = "ip:port", description = "Where clients and the other servers connect.")
    private @Nullable String listen;

    @Option(
            names = "--announce",
            paramLabel = "ip:port",
            description = "The address that others are told. Default: that of --listen.")
    private @Nullable String announce;

    @Option(names = "--data", paramLabel = "DIR", description = "This server's folder. Default: data/server-PORT.")
    private @Nullable Path data;

    @Option(
            names = "--coordinators",
            paramLabel = "ip:port,...",
            description = "The coordinators. Default: those of the file, else $" + ClusterOptions.VARIABLE + ", else "
                    + ClusterOptions.DEFAULT + ".")
    private @Nullable String coordinators;

    public ServerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        KvServer running = KvServer.start(resolve());
        console.err().println("server listening " + running.address());
        return Staying.untilSignal(console, "server " + running.address(), running, running.failure());
    }

    /** The configuration file with the options over it. */
    ServerConfig resolve() {
        if (file != null && config != null) {
            throw new IllegalArgumentException("name one configuration file, not both " + file + " and " + config);
        }
        Path source = file != null ? file : config;
        if (source == null && listen == null) {
            throw new IllegalArgumentException(
                    "say where to listen, by --listen 127.0.0.1:7001 or by a configuration file");
        }
        ServerConfig.Builder builder = source == null ? ServerConfig.builder() : ServerConfig.read(source);
        String variable = console.environment().apply(ClusterOptions.VARIABLE);
        if (coordinators != null) {
            builder.coordinators(ClusterOptions.addresses("--coordinators", coordinators));
        } else if (source == null && variable != null && !variable.isBlank()) {
            builder.coordinators(ClusterOptions.addresses("$" + ClusterOptions.VARIABLE, variable));
        }
        if (listen != null) {
            builder.listen(ClusterOptions.address("--listen", listen));
        }
        if (announce != null) {
            builder.announce(ClusterOptions.address("--announce", announce));
        }
        if (data != null) {
            builder.data(data);
        }
        return builder.build();
    }
}
