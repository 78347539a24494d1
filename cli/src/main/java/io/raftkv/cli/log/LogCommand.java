package io.raftkv.cli.log;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code raftkv log}. */
@Command(
        name = "log",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {InspectCommand.class, VerifyCommand.class, RecoverCommand.class},
        description = {
            "Look into the data folder of a server that does not run. Only recover --execute changes anything.",
            "Exit codes: 0 all is sound, 1 something is damaged, 2 the folder cannot be read as it is in use or none."
        },
        footer = {"", "Help on a command: raftkv log COMMAND --help", "Example: raftkv log verify data/7001"})
public final class LogCommand implements Callable<Integer> {
    private final Console console;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    public LogCommand(Console console) {
        this.console = console;
    }

    Console console() {
        return console;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(console.err());
        return ExitCode.USAGE;
    }
}
