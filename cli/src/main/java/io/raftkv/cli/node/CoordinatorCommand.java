package io.raftkv.cli.node;

import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.Console;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.coordinator.Coordinator;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code raftkv coordinator}. */
@Command(
        name = "coordinator",
        description = {
            "Run one node of the coordinator until SIGTERM. Options override the file.",
            "A new cluster forms when as many nodes of its name as --cluster-size are up; later a majority is enough."
        },
        footer = {"", "Example: raftkv coordinator --listen 127.0.0.1:50000 --cluster-size 3 --data data/c0"})
public final class CoordinatorCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", description = "The same as --config.")
    private @Nullable Path file;

    @Option(names = "--config", paramLabel = "FILE", description = "A coordinator configuration file (XML or YAML).")
    private @Nullable Path config;

    @Option(names = "--listen", paramLabel = "ip:port", description = "Where clients connect.")
    private @Nullable String listen;

    @Option(
            names = "--cluster-size",
            paramLabel = "N",
            description = "Nodes of a new cluster, 1 to 9; 3 or 5 if it is to go on when one or two fail.")
    private @Nullable Integer clusterSize;

    @Option(
            names = "--members",
            paramLabel = "ip:port,...",
            description = "All nodes, this one included, in place of discovery.")
    private @Nullable String members;

    @Option(names = "--data", paramLabel = "DIR", description = "This node's folder. Default: data/coordinator-PORT.")
    private @Nullable Path data;

    @Option(
            names = "--cluster-name",
            paramLabel = "NAME",
            description = "Nodes of another name are not seen. Default: raftkv.")
    private @Nullable String clusterName;

    @Option(
            names = "--shards",
            paramLabel = "N",
            description = "Shards of a new cluster, fixed from then on. Default: 16.")
    private @Nullable Integer shards;

    @Option(
            names = "--jgroups-port",
            paramLabel = "PORT",
            description = "Where the other nodes connect. Default: the port of --listen + 10000.")
    private @Nullable Integer jgroupsPort;

    @Option(
            names = "--session-timeout-ms",
            paramLabel = "MS",
            description = "After so long without a sign a client is taken for dead. Default: 2000.")
    private @Nullable Integer sessionTimeoutMs;

    public CoordinatorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        CoordinatorConfig resolved = resolve();
        Coordinator running = Coordinator.start(resolved);
        console.err()
                .println("coordinator listening " + running.address() + ", cluster size " + resolved.clusterSize()
                        + ", waiting for majority");
        return Staying.untilSignal(console, "coordinator " + running.address(), running, running.failure());
    }

    /** The configuration file with the options over it. */
    CoordinatorConfig resolve() {
        if (file != null && config != null) {
            throw new IllegalArgumentException("name one configuration file, not both " + file + " and " + config);
        }
        Path source = file != null ? file : config;
        if (source == null && listen == null) {
            throw new IllegalArgumentException(
                    "say where to listen, by --listen 127.0.0.1:50000 or by a configuration file");
        }
        if (source == null && clusterSize == null && members == null) {
            throw new IllegalArgumentException(
                    "say how many nodes the cluster has, by --cluster-size 3, or name them all by --members");
        }
        CoordinatorConfig.Builder builder =
                source == null ? CoordinatorConfig.builder() : CoordinatorConfig.read(source);
        if (listen != null) {
            builder.listen(ClusterOptions.address("--listen", listen));
        }
        if (clusterSize != null) {
            builder.clusterSize(clusterSize);
        }
        if (members != null) {
            builder.members(ClusterOptions.addresses("--members", members));
        }
        if (data != null) {
            builder.data(data);
        }
        if (clusterName != null) {
            builder.clusterName(clusterName);
        }
        if (shards != null) {
            builder.shards(shards);
        }
        if (jgroupsPort != null) {
            builder.jgroupsPort(jgroupsPort);
        }
        if (sessionTimeoutMs != null) {
            builder.sessionTimeoutMs(sessionTimeoutMs);
        }
        return builder.build();
    }
}
