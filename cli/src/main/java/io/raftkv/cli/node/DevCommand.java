package io.raftkv.cli.node;

import io.raftkv.callback.RaftClient;
import io.raftkv.cli.Console;
import io.raftkv.cli.shell.KvInterpreter;
import io.raftkv.cli.shell.ShellCommand;
import io.raftkv.config.HostPort;
import io.raftkv.kvclient.KvClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code raftkv dev}. */
@Command(
        name = "dev",
        description = {
            "Run a whole cluster in this process, tell its elections, and open the shell.",
            "It is the real thing, with its files, in a temporary folder unless --data names one. Without a terminal,"
                    + " lines from standard input are run; with --no-shell it waits for SIGTERM."
        },
        footer = {"", "Example: raftkv dev -n 3"})
public final class DevCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = {"-n", "--servers"},
            paramLabel = "N",
            description = "Servers, all in one group. Default: 3.")
    private int servers = 3;

    @Option(names = "--coordinators", paramLabel = "N", description = "Coordinators. Default: 1.")
    private int coordinators = 1;

    @Option(names = "--shards", paramLabel = "N", description = "Shards. Default: 4.")
    private int shards = 4;

    @Option(names = "--coordinator-port", paramLabel = "PORT", description = "The first of them. Default: free ones.")
    private int coordinatorPort;

    @Option(names = "--server-port", paramLabel = "PORT", description = "The first of them. Default: free ones.")
    private int serverPort;

    @Option(names = "--data", paramLabel = "DIR", description = "Keeps the data; needs both ports named.")
    private @Nullable Path data;

    @Option(names = "--no-shell", description = "Wait for SIGTERM in place of opening the shell.")
    private boolean noShell;

    public DevCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        check();
        Path folder = data != null ? data : Files.createTempDirectory("raftkv-dev-");
        AutoCloseable cleaning = data != null ? () -> {} : () -> delete(folder);
        LocalCluster cluster;
        try {
            cluster = LocalCluster.start(new LocalCluster.Plan(
                    coordinators, servers, shards, coordinatorPort, serverPort, folder, name(folder)));
        } catch (Exception e) {
            cleaning.close();
            throw e;
        }
        RaftClient watcher = new RaftClient(new Elections(console.err()));
        AutoCloseable whole = () -> {
            watcher.close();
            cluster.close();
            cleaning.close();
        };
        return run(cluster, watcher, whole);
    }

    private int run(LocalCluster cluster, RaftClient watcher, AutoCloseable whole) throws Exception {
        watcher.connect(cluster.clientConfig());
        console.err().println("coordinators " + list(cluster.coordinators()));
        console.err().println("servers      " + list(cluster.servers()));
        console.err()
                .println("try          redis-cli -c -p "
                        + cluster.servers().get(0).port() + " set hello world");
        if (noShell) {
            console.err().println("ready");
            return Staying.untilSignal(console, "cluster", whole, cluster.failure());
        }
        Thread closer = new Thread(() -> closeQuietly(whole), "raftkv-cli-close-0");
        Runtime.getRuntime().addShutdownHook(closer);
        try (KvInterpreter shell = new KvInterpreter(console, () -> KvClient.connect(cluster.clientConfig()))) {
            return ShellCommand.loop(console, shell);
        } finally {
            Runtime.getRuntime().removeShutdownHook(closer);
            whole.close();
        }
    }

    private void check() {
        if (servers < 1 || servers > 9 || shards < 1) {
            throw new IllegalArgumentException(
                    "allowed are 1 to 9 servers and 1 shard or more, not " + servers + " and " + shards);
        }
        if (data != null && (coordinatorPort == 0 || serverPort == 0)) {
            throw new IllegalArgumentException("--data needs --coordinator-port and --server-port: a cluster that is"
                    + " started again must be where it was");
        }
    }

    private String name(Path folder) {
        return data == null ? "dev-" + UUID.randomUUID() : "dev-" + folder.getFileName();
    }

    private void closeQuietly(AutoCloseable whole) {
        try {
            whole.close();
        } catch (Exception e) {
            console.err().println("the cluster did not close cleanly: " + e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static String list(List<HostPort> addresses) {
        return addresses.stream().map(HostPort::toString).collect(Collectors.joining(","));
    }
}
