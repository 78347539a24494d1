package io.raftkv.cli.bench;

import io.raftkv.cli.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/**
 * {@code raftkv bench groups}: what many Raft groups cost. Three processes of this machine, with real files and sockets,
 * keep a replica of every group each; nothing of the store is in them, only the library.
 */
@Command(
        name = "groups",
        description = {
            "Measure what many Raft groups cost, in three processes on this machine: how long a first start and a later one"
                    + " take until all groups have a leader, what an idle process costs, and what a few busy groups get"
                    + " beside idle ones.",
            "On a machine that does other work as well these figures say little: the load average is told beside them."
        },
        footer = {"", "Example: raftkv bench groups /tmp/groups --groups 1000"})
final class GroupsCommand implements Callable<Integer> {
    private static final int NODES = 3;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long LOOK_MS = 50;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private BenchCommand parent;

    @Parameters(
            paramLabel = "DIR",
            description = "Where the servers keep their files: new or empty. They are left there.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path folder;

    @Option(names = "--groups", paramLabel = "N", description = "Default: 1000.")
    private int groups = 1000;

    @Option(
            names = "--busy",
            paramLabel = "N",
            description = "Groups that are written to, 16 writes in flight each. Default: 10.")
    private int busy = 10;

    @Option(names = "--seconds", paramLabel = "N", description = "For each part that is not a start. Default: 10.")
    private int seconds = 10;

    @Option(
            names = "--settle",
            paramLabel = "SECONDS",
            description = "Before a process counts as idle: groups fall asleep after 6. Default: 10.")
    private int settle = 10;

    private final List<Node> nodes = new ArrayList<>();

    /** A process of its own, so that its CPU time can be told from that of the others. */
    private record Node(Process process, BufferedReader answers, PrintWriter questions) {
        String ask(String question) throws IOException {
            questions.println(question);
            return answer();
        }

        String answer() throws IOException {
            String answer = answers.readLine();
            if (answer == null) {
                throw new IOException("process " + process.pid() + " has ended; its errors are above");
            }
            return answer;
        }

        /** How many groups it leads. */
        long leads() throws IOException {
            return Long.parseLong(ask("leads"));
        }
    }

    @Override
    public Integer call() throws Exception {
        try (Stream<Path> there = Files.list(Files.createDirectories(folder))) {
            if (there.findAny().isPresent()) {
                throw new IOException(folder + " is not empty; name a folder that is");
            }
        }
        out().printf("%d groups in %d processes%n", groups, NODES);
        try {
            start("first start");
            idle();
            busy();
            stop();
            start("second start");
            idle();
        } finally {
            stop();
        }
        return ExitCode.OK;
    }

    private PrintStream out() {
        return parent.console().out();
    }

    private void start(String what) throws Exception {
        double load = load();
        long begin = System.nanoTime();
        for (int id = 1; id <= NODES; id++) {
            nodes.add(launch(id));
        }
        StringBuilder ports = new StringBuilder();
        for (Node node : nodes) {
            ports.append(' ').append(node.answer());
        }
        nodes.forEach(node -> node.questions().println("open" + ports));
        List<String> opened = new ArrayList<>();
        for (Node node : nodes) {
            opened.add(node.answer());
        }
        double open = seconds(begin);
        while (leaders() < groups) {
            if (System.nanoTime() - begin > PATIENCE_NANOS) {
                throw new IOException("after 120 s only " + leaders() + " groups have a leader");
            }
            pause(LOOK_MS);
        }
        report(
                "%s: all groups open after %.1f s, all led after %.1f s; syncs of the log until open %s, CPU %s s;"
                        + " load average before %.2f%n",
                what, open, seconds(begin), opened, cpuSeconds(), load);
    }

    private Node launch(int id) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        // The flags of this process, so of the launcher: with them a server runs too.
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                GroupsNode.class.getName(),
                folder.resolve("server-" + id).toString(),
                Integer.toString(id),
                Integer.toString(NODES),
                Integer.toString(groups)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Node(
                process,
                process.inputReader(StandardCharsets.UTF_8),
                new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true));
    }

    private long leaders() throws IOException {
        long all = 0;
        for (Node node : nodes) {
            all += node.leads();
        }
        return all;
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    private long[] cpuMicros() throws IOException {
        long[] micros = new long[NODES];
        for (int i = 0; i < NODES; i++) {
            micros[i] = new CpuMeter(List.of(nodes.get(i).process().pid())).micros();
        }
        return micros;
    }

    private List<String> cpuSeconds() throws IOException {
        return Arrays.stream(cpuMicros())
                .mapToObj(micros -> String.format(Locale.ROOT, "%.1f", micros / 1e6))
                .toList();
    }

    private void idle() throws Exception {
        pause(settle * 1000L);
        long[] before = cpuMicros();
        long begin = System.nanoTime();
        pause(seconds * 1000L);
        long[] after = cpuMicros();
        double wallMicros = seconds(begin) * 1e6;
        List<String> shares = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            shares.add(String.format(Locale.ROOT, "%.1f %%", 100 * (after[i] - before[i]) / wallMicros));
        }
        report("idle: %s of a core by process; groups led %d; load average %.2f%n", shares, leaders(), load());
    }

    private void busy() throws IOException {
        double load = load();
        nodes.forEach(node -> node.questions().println("load " + busy + " " + seconds));
        long writes = 0;
        for (Node node : nodes) {
            writes += Long.parseLong(node.answer());
        }
        report("%d busy groups: %,d writes/s; load average before %.2f%n", busy, writes / Math.max(1, seconds), load);
    }

    private void report(String format, @Nullable Object... values) {
        out().printf(Locale.ROOT, format, values);
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
