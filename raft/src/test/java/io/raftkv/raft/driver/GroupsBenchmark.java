package io.raftkv.raft.driver;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What many groups cost: three processes with real files and sockets on this machine, in each a replica of every group.
 * Tells how long it takes until all groups have a leader, where the leaders are, what an idle process costs, and what a
 * few busy groups get beside the idle ones. Arguments: an empty folder, groups, seconds, and options of the JVMs.
 */
final class GroupsBenchmark {
    private static final int NODES = 3;
    private static final int BUSY_GROUPS = 10;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

    private final Path folder;
    private final int groups;
    private final int seconds;
    private final List<String> jvmOptions;
    private final List<Node> nodes = new ArrayList<>();

    private GroupsBenchmark(Path folder, int groups, int seconds, List<String> jvmOptions) {
        this.folder = folder;
        this.groups = groups;
        this.seconds = seconds;
        this.jvmOptions = jvmOptions;
    }

    public static void main(String[] args) throws Exception {
        Path folder = Files.createDirectories(Path.of(args[0]));
        List<String> options = Arrays.asList(args).subList(3, args.length);
        new GroupsBenchmark(folder, Integer.parseInt(args[1]), Integer.parseInt(args[2]), options).run();
    }

    /** A process of its own, so that its CPU time can be told from that of the others. */
    private record Node(Process process, BufferedReader answers, PrintWriter questions) {
        String ask(String question) throws IOException {
            questions.println(question);
            return answers.readLine();
        }

        /** How many groups have a ready leader there, and how much CPU time it used. */
        long[] status() throws IOException {
            return Arrays.stream(ask("status").split(" "))
                    .mapToLong(Long::parseLong)
                    .toArray();
        }
    }

    private void run() throws Exception {
        System.out.printf("%d groups, %d processes%n", groups, NODES);
        try {
            start("first start (groups are created)");
            idle();
            busy();
            idle();
            stop();
            start("start again");
            idle();
        } finally {
            stop();
        }
    }

    private void start(String what) throws Exception {
        long begin = System.nanoTime();
        List<String> ports = freePorts();
        for (int id = 1; id <= NODES; id++) {
            List<String> command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElse("java"),
                    "-XX:+UseSerialGC",
                    "-Xmx512m",
                    "-cp",
                    System.getProperty("java.class.path")));
            command.addAll(jvmOptions);
            command.addAll(List.of(
                    GroupsBenchmarkNode.class.getName(),
                    folder.resolve("server-" + id).toString(),
                    Integer.toString(id),
                    Integer.toString(groups)));
            command.addAll(ports);
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            nodes.add(new Node(
                    process,
                    process.inputReader(StandardCharsets.UTF_8),
                    new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true)));
        }
        for (Node node : nodes) {
            if (!"open".equals(node.answers().readLine())) {
                throw new IOException("a process did not start");
            }
        }
        double open = (System.nanoTime() - begin) / 1e9;
        awaitLeaders(begin);
        System.out.printf(
                Locale.ROOT,
                "%s: opened after %.1f s, all led after %.1f s, leaders %s, CPU so far %s s%n",
                what,
                open,
                (System.nanoTime() - begin) / 1e9,
                told(0),
                cpuSeconds());
    }

    private static List<String> freePorts() throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        List<String> ports = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            ports.add(Integer.toString(socket.getLocalPort()));
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return ports;
    }

    private void awaitLeaders(long begin) throws Exception {
        while (told(0).stream().mapToLong(Long::longValue).sum() < groups) {
            if (System.nanoTime() - begin > PATIENCE_NANOS) {
                throw new IOException("leaders after 120 s: " + told(0));
            }
            pause(100);
        }
    }

    private List<Long> told(int field) throws IOException {
        List<Long> all = new ArrayList<>();
        for (Node node : nodes) {
            all.add(node.status()[field]);
        }
        return all;
    }

    private List<String> cpuSeconds() throws IOException {
        return told(1).stream()
                .map(nanos -> String.format(Locale.ROOT, "%.1f", nanos / 1e9))
                .toList();
    }

    private void idle() throws Exception {
        // Compilation and whatever the start left to do come to their end first.
        pause(10_000);
        List<Long> before = told(1);
        long begin = System.nanoTime();
        pause(seconds * 1000L);
        List<Long> after = told(1);
        double wall = System.nanoTime() - begin;
        List<String> shares = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            shares.add(String.format(Locale.ROOT, "%.1f %%", 100 * (after.get(i) - before.get(i)) / wall));
        }
        System.out.printf("idle for %d s: CPU by process %s; leaders %s%n", seconds, shares, told(0));
    }

    private void busy() throws IOException {
        nodes.forEach(node -> node.questions().println("load " + BUSY_GROUPS + " " + seconds));
        long operations = 0;
        for (Node node : nodes) {
            operations += Long.parseLong(node.answers().readLine());
        }
        System.out.printf(
                "%d busy groups, 16 in flight each: %,d writes/s%n", BUSY_GROUPS, operations / Math.max(1, seconds));
    }

    private static void pause(long ms) throws InterruptedException {
        new CountDownLatch(1).await(ms, TimeUnit.MILLISECONDS);
    }

    private void stop() throws InterruptedException {
        nodes.forEach(node -> node.questions().println("stop"));
        for (Node node : nodes) {
            if (!node.process().waitFor(20, TimeUnit.SECONDS)) {
                node.process().destroyForcibly();
            }
        }
        nodes.clear();
    }
}
