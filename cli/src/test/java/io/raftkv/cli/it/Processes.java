package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.cli.Main;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;

/**
 * Coordinators and KV servers as processes of their own, started through {@code bin/raftkv} as a user would, on free ports
 * and in a folder of the test. Ends exactly what it started.
 */
final class Processes implements AutoCloseable {
    private static final Path LAUNCHER = Path.of(System.getProperty("raftkv.launcher", "../bin/raftkv"))
            .toAbsolutePath()
            .normalize();

    /**
     * A dozen processes that all begin share few cores: the optimizing compilers of the servers would take more of them than
     * all that is tested, and pay off in none.
     */
    private static final String QUICK_COMPILER = "-XX:TieredStopAtLevel=1";

    /** Memory that nobody touched before is slow on some virtual machines: a server whose heap grows would stand still for it. */
    private static final String TOUCHED_HEAP = "-Xms160m -Xmx160m -XX:+AlwaysPreTouch";

    private final Path folder;
    private final String clusterName = "it-" + Long.toHexString(new SplittableRandom().nextLong());
    private final int shards;
    private final List<Integer> coordinatorPorts;
    private final List<Integer> serverPorts;
    private final Map<Integer, Process> running = new TreeMap<>();

    Processes(Path folder, int coordinators, int servers, int shards) {
        this.folder = folder;
        this.shards = shards;
        List<Integer> ports = freePorts(coordinators + servers);
        this.coordinatorPorts = ports.subList(0, coordinators);
        this.serverPorts = ports.subList(coordinators, coordinators + servers);
    }

    /** Ports that nobody has, with their neighbours 10,000 above, outside of the range that the system gives to clients. */
    private static List<Integer> freePorts(int count) {
        SplittableRandom random = new SplittableRandom();
        List<Integer> ports = new ArrayList<>();
        while (ports.size() < count) {
            int port = 11_000 + random.nextInt(10_000);
            if (!ports.contains(port) && isFree(port) && isFree(port + 10_000)) {
                ports.add(port);
            }
        }
        return ports;
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    List<Integer> coordinatorPorts() {
        return coordinatorPorts;
    }

    List<Integer> serverPorts() {
        return serverPorts;
    }

    String coordinators() {
        return addresses(coordinatorPorts);
    }

    static String addresses(List<Integer> ports) {
        return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    void startCoordinator(int index) {
        startCoordinatorAt(coordinatorPorts.get(index));
    }

    /** One more node, which waits to be added. Its port. */
    int startNewCoordinator() {
        int port = freePorts(1).get(0);
        startCoordinatorAt(port);
        return port;
    }

    private void startCoordinatorAt(int port) {
        start(
                port,
                QUICK_COMPILER,
                "coordinator",
                "--listen",
                "127.0.0.1:" + port,
                "--cluster-size",
                String.valueOf(coordinatorPorts.size()),
                "--cluster-name",
                clusterName,
                "--shards",
                String.valueOf(shards),
                "--data",
                folder.resolve("coordinator-" + port).toString());
    }

    void startCoordinators() {
        IntStream.range(0, coordinatorPorts.size()).forEach(this::startCoordinator);
    }

    void startServer(int index) {
        int port = serverPorts.get(index);
        start(
                port,
                QUICK_COMPILER + " " + TOUCHED_HEAP,
                "server",
                "--listen",
                "127.0.0.1:" + port,
                "--coordinators",
                coordinators(),
                "--data",
                folder.resolve("server-" + port).toString());
    }

    void startServers() {
        IntStream.range(0, serverPorts.size()).forEach(this::startServer);
    }

    /** Starts the process at {@code port}, which was killed. */
    void startAgain(int port) {
        int coordinator = coordinatorPorts.indexOf(port);
        if (coordinator >= 0) {
            startCoordinator(coordinator);
        } else {
            startServer(serverPorts.indexOf(port));
        }
    }

    private void start(int port, String javaOptions, String... arguments) {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            // What whoever runs the tests wants comes last, and wins.
            builder.environment().merge("RAFTKV_JAVA_OPTS", javaOptions, (theirs, ours) -> ours + " " + theirs);
            Process process = builder.redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log(port).toFile()))
                    .start();
            running.put(port, process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path log(int port) {
        return folder.resolve(port + ".log");
    }

    /** What the process at {@code port} printed, over all its lives. */
    String output(int port) {
        try {
            return Files.exists(log(port)) ? Files.readString(log(port)) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM; waits until it has ended in good order. */
    void terminate(int port) {
        Process process = running.remove(port);
        assertThat(process).as("a process at port %d", port).isNotNull();
        process.destroy();
        await().atMost(Duration.ofSeconds(30)).until(() -> !process.isAlive());
    }

    /** kill -9. */
    void kill(int port) {
        Process process = running.remove(port);
        assertThat(process).as("a process at port %d", port).isNotNull();
        process.destroyForcibly();
        await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive());
    }

    /** Sends a signal, such as STOP, without waiting for what comes of it. */
    void signal(int port, String name) throws Exception {
        Process process = running.get(port);
        assertThat(process).as("a process at port %d", port).isNotNull();
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    void killAll() {
        List.copyOf(running.keySet()).forEach(this::kill);
    }

    /** The result of {@code raftkv <arguments>} in this process. */
    record Result(int code, String out, String err) {}

    static Result run(String in, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        InputStream input = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
        int code;
        try (PrintStream outPrint = new PrintStream(out, true, StandardCharsets.UTF_8);
                PrintStream errPrint = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            code = Main.run(arguments, input, outPrint, errPrint);
        }
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** {@code raftkv ctl} with these lines on standard input; fails the test if a line failed. */
    String ctl(String... lines) {
        Result result = run(String.join("\n", lines) + "\n", "ctl", "--coordinators", coordinators());
        assertThat(result.code())
                .as("ctl %s: %s%s", String.join("; ", lines), result.out(), result.err())
                .isZero();
        return result.out();
    }

    private static ConditionFactory patiently() {
        return await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions();
    }

    /** Waits until the coordinator answers. */
    void awaitCoordinator() {
        patiently()
                .until(() ->
                        run("query\n", "ctl", "--coordinators", coordinators()).code() == 0);
    }

    /** Waits until each slot holds an address of a running server. */
    void awaitShards() {
        patiently().untilAsserted(() -> assertThat(leaders()).hasSize(shards).allSatisfy(leader -> assertThat(running)
                .containsKey(leader)));
    }

    /** The ports of the shards' leaders by shard, as the slots say. */
    List<Integer> leaders() {
        try (io.raftkv.callback.CoordinatorClient client =
                io.raftkv.callback.CoordinatorClient.open(io.raftkv.callback.ClientConfig.of(coordinators()))) {
            return client.slots("kv").stream()
                    .map(slot -> slot == null ? -1 : Integer.parseInt(slot.substring(slot.lastIndexOf(':') + 1)))
                    .toList();
        }
    }

    /** Waits until the server at {@code port} leads the shard. */
    void awaitLeadership(int port, int shard) {
        patiently().until(() -> termLed(port, shard) > 0);
    }

    /** Waits until the shard's slot names a server that leads it in {@code term} or a later one. */
    void awaitSlot(int shard, long term) {
        patiently().until(() -> termLed(leaders().get(shard), shard) >= term);
    }

    /** Waits until the process at {@code port} takes part again: a coordinator knows the leader, a server its shards' leaders. */
    void awaitAnswer(int port) {
        boolean isCoordinator = coordinatorPorts.contains(port);
        patiently()
                .until(() -> isCoordinator
                        ? !ask(port, "COORD.INFO").asMap().get("leader").isNull()
                        : ask(port, "RKV.STATUS").asList().stream()
                                .noneMatch(row -> row.asMap().get("leader").isNull()));
    }

    /** The shards of which the server at {@code port} has a copy. */
    List<Long> shardsOf(int port) throws Exception {
        return ask(port, "RKV.STATUS").asList().stream()
                .map(row -> row.asMap().get("shard").asLong())
                .toList();
    }

    /** The term in which the server at {@code port} leads the shard; 0 if it does not. */
    long termLed(int port, int shard) throws Exception {
        return ask(port, "RKV.STATUS").asList().stream()
                .map(RespValue::asMap)
                .filter(row -> row.get("shard").asLong() == shard
                        && row.get("role").asText().equals("leader"))
                .mapToLong(row -> row.get("term").asLong())
                .findFirst()
                .orElse(0);
    }

    private static RespValue ask(int port, String... command) throws Exception {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (RespClient client = RespClient.connect(loops, "127.0.0.1", port, RespClient.Options.DEFAULT)
                .get(10, TimeUnit.SECONDS)) {
            return client.send(command).get(10, TimeUnit.SECONDS);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Override
    public void close() {
        running.values().forEach(Process::destroy);
        running.values().forEach(process -> {
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
