package io.raftkv.cli.ctl;

import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.Console;
import io.raftkv.cli.shell.LineLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code raftkv ctl}. */
@Command(
        name = "ctl",
        description = {
            "Look at the cluster and change it: at a prompt, or one command given as arguments, or lines from standard"
                    + " input.",
            "Commands: query, join, leave, move, replace, slots, setslot, alive, members, status, explain,"
                    + " info, coordinator, wait, help.",
            "With lines from standard input the exit code is 1 if one of them failed; the others are run all the same."
        },
        footer = {"", "Help on a command: raftkv ctl COMMAND --help", "Example: raftkv ctl join 1 :7001,:7002,:7003"})
public final class CtlCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = "--service",
            paramLabel = "NAME",
            defaultValue = CtlSession.KV,
            description = "Whose slots and members are meant. Default: ${DEFAULT-VALUE}.")
    private String service = CtlSession.KV;

    @Parameters(paramLabel = "COMMAND", description = "One command to run, such as query.")
    private final List<String> command = new ArrayList<>();

    public CtlCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (CtlSession session = new CtlSession(console, cluster.resolve(console), service)) {
            CtlInterpreter interpreter = new CtlInterpreter(session);
            LineLoop loop = new LineLoop(console, interpreter);
            return command.isEmpty()
                    ? loop.run("shardctl cli > ", interpreter.names(), ".raftkv_ctl_history")
                    : loop.runLine(command.stream()
                            .map(word -> word.getBytes(StandardCharsets.UTF_8))
                            .toList());
        }
    }
}
