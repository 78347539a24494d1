package io.raftkv.cli.shell;

import io.raftkv.callback.ClientConfig;
import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.Console;
import io.raftkv.kvclient.KvClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code raftkv shell}. */
@Command(
        name = "shell",
        description = {
            "Read and write keys: at a prompt, or one command given as arguments, or lines from standard input.",
            "With lines from standard input the exit code is 1 if one of them failed; the others are run all the same."
        },
        footer = {"", "Example: raftkv shell PUT hello world"})
public final class ShellCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Parameters(paramLabel = "COMMAND", description = "One command to run, such as GET hello.")
    private final List<String> command = new ArrayList<>();

    public ShellCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ClientConfig config = cluster.resolve(console);
        try (KvInterpreter interpreter = new KvInterpreter(console, () -> KvClient.connect(config))) {
            return command.isEmpty()
                    ? loop(console, interpreter)
                    : new LineLoop(console, interpreter).runLine(bytes(command));
        }
    }

    /** Runs the lines that come from a person or a pipe, whatever cluster the interpreter talks to. */
    public static int loop(Console console, KvInterpreter interpreter) {
        return new LineLoop(console, interpreter).run("raftkv cli > ", ShellHelp.commands(), ".raftkv_history");
    }

    private static List<byte[]> bytes(List<String> words) {
        return words.stream().map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
    }
}
