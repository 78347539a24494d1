package io.raftkv.cli.bench;

import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.config.HostPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code raftkv bench}. */
@Command(
        name = "bench",
        subcommands = GroupsCommand.class,
        description = {
            "Measure a cluster: each lane sends a batch, waits for its answers and sends the next, at once or at a rate.",
            "Commands go to the leader of their key's shard. With --target redis the same load goes to a Redis server."
        },
        footer = {
            "",
            "Example: raftkv bench --workload set --clients 4 --in-flight 64 --seconds 10",
            "Example: raftkv bench --workload set --value-size 1000 --keys 2000000 --move 0:2",
            "Example: raftkv bench --target redis --port 6379 --wait 1 --workload set --clients 50"
        })
public final class BenchCommand implements Callable<Integer> {
    enum Kind {
        RAFTKV,
        REDIS
    }

    private static final int LONGEST_MOVE_SECONDS = 600;

    private final Console console;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Option(names = "--workload", paramLabel = "set|get|mixed", description = "Default: mixed, half of each.")
    private Plan.Workload workload = Plan.Workload.MIXED;

    @Option(names = "--clients", paramLabel = "N", description = "Clients with their own connections. Default: 8.")
    private int clients = 8;

    @Option(names = "--in-flight", paramLabel = "N", description = "Batches in flight per client. Default: 8.")
    private int inFlight = 8;

    @Option(names = "--pipeline", paramLabel = "N", description = "Commands per batch. Default: 1.")
    private int pipeline = 1;

    @Option(names = "--value-size", paramLabel = "BYTES", description = "Default: 100.")
    private int valueSize = 100;

    @Option(names = "--keys", paramLabel = "N", description = "Different keys. Default: 100000.")
    private int keys = 100_000;

    @Option(names = "--seconds", paramLabel = "N", description = "Measured time. Default: 10.")
    private int seconds = 10;

    @Option(names = "--warmup", paramLabel = "SECONDS", description = "Not measured, before. Default: 3.")
    private int warmup = 3;

    @Option(names = "--threads", paramLabel = "N", description = "Event loops that make the load. Default: 1.")
    private int threads = 1;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Commands per second at most; waiting for their turn counts as latency. Default: no limit.")
    private int rate;

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            description = "Also tell the rate of each such time. Default: not.")
    private int every;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(names = "--pids", split = ",", paramLabel = "PID", description = "Also tell the CPU time of these.")
    private List<Long> pids = new ArrayList<>();

    @Option(names = "--target", paramLabel = "raftkv|redis", description = "Default: raftkv.")
    private Kind kind = Kind.RAFTKV;

    @Option(names = "--host", description = "Of the Redis server. Default: 127.0.0.1.")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "Of the Redis server. Default: 6379.")
    private int port = 6379;

    @Option(
            names = "--move",
            paramLabel = "SHARD:GID",
            description = "Then measure once more, while this shard moves to this group, and compare.")
    private @Nullable String move;

    @Option(names = "--wait", paramLabel = "N", description = "Replicas that a Redis write waits for. Default: 0.")
    private int waitReplicas;

    public BenchCommand(Console console) {
        this.console = console;
    }

    Console console() {
        return console;
    }

    @Override
    public Integer call() throws Exception {
        Plan plan = new Plan(workload, clients, inFlight, pipeline, valueSize, keys, rate, seconds, warmup);
        Target target = kind == Kind.REDIS
                ? new RedisTarget(new HostPort(host, port), waitReplicas)
                : ClusterTarget.read(cluster.resolve(console));
        try (Progress progress = new Progress(every, console.err()::println);
                Load load = new Load(plan, target, Math.max(1, Math.min(threads, clients)), progress)) {
            if (workload != Plan.Workload.SET || move != null) {
                console.err().println("writing " + keys + " keys");
                load.fill();
            }
            console.err().println("warming up for " + warmup + " s, then measuring for " + seconds + " s");
            Report report = measure(load, plan, Window.after(plan.warmupSeconds(), plan.seconds()));
            console.out().println(json ? report.json() : report.text());
            if (move != null) {
                whileMoving(load, plan, report, move);
            }
            return report.tally().operations() > 0 ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private void whileMoving(Load load, Plan plan, Report before, String wish)
            throws InterruptedException, IOException {
        try (ShardMove shard = ShardMove.of(wish, cluster.resolve(console))) {
            Window window = Window.atMost(LONGEST_MOVE_SECONDS);
            console.err().println("moving shard " + shard.number());
            Thread mover = new Thread(() -> shard.run(window), "raftkv-bench-move-0");
            mover.setDaemon(true);
            mover.start();
            Report during = measure(load, plan, window);
            mover.join();
            shard.check();
            console.out().println(json ? during.json() : during.text());
            String ratio = String.format(
                    Locale.ROOT,
                    "shard %d was on its way for %.1f s; throughput meanwhile: %.0f %% of before",
                    shard.number(),
                    window.seconds(),
                    100 * during.rate() / before.rate());
            (json ? console.err() : console.out()).println(ratio);
        }
    }

    private Report measure(Load load, Plan plan, Window window) throws InterruptedException, IOException {
        CpuMeter servers = new CpuMeter(pids);
        CpuMeter self = new CpuMeter(List.of(ProcessHandle.current().pid()));
        CompletableFuture<long[]> before = new CompletableFuture<>();
        CompletableFuture<long[]> after = new CompletableFuture<>();
        Thread meter = new Thread(
                () -> {
                    sample(window.from(), servers, self, before);
                },
                "raftkv-bench-meter-0");
        meter.setDaemon(true);
        meter.start();
        Tally tally = load.run(window);
        meter.join();
        sample(System.nanoTime(), servers, self, after);
        long[] begin = before.join();
        long[] end = after.join();
        String name = kind == Kind.REDIS ? "redis" + (waitReplicas > 0 ? " WAIT " + waitReplicas : "") : "raftkv";
        return new Report(
                name, plan, tally, window.seconds(), pids.isEmpty() ? -1 : end[0] - begin[0], end[1] - begin[1]);
    }

    private static void sample(long at, CpuMeter servers, CpuMeter self, CompletableFuture<long[]> result) {
        try {
            new CountDownLatch(1).await(at - System.nanoTime(), TimeUnit.NANOSECONDS);
            result.complete(new long[] {servers.micros(), self.micros()});
        } catch (IOException | InterruptedException e) {
            result.completeExceptionally(e);
        }
    }
}
