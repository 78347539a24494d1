package io.raftkv.cli;

import io.raftkv.cli.bench.BenchCommand;
import io.raftkv.cli.ctl.CtlCommand;
import io.raftkv.cli.log.LogCommand;
import io.raftkv.cli.node.CoordinatorCommand;
import io.raftkv.cli.node.DevCommand;
import io.raftkv.cli.node.ServerCommand;
import io.raftkv.cli.shell.ShellCommand;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The launcher: {@code raftkv <command>}. Only {@link #main} ends the process. */
@Command(
        name = "raftkv",
        synopsisSubcommandLabel = "COMMAND",
        description = "A sharded key-value store that never loses an acknowledged write and speaks the Redis protocol.",
        footer = {"", "Help on a command: raftkv COMMAND --help"})
public final class Main {
    // These stay and log; the others answer and end.
    private static final Set<String> NODES = Set.of("coordinator", "server", "dev");

    private Main() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] args) {
        Logging.configure(args.length > 0 && NODES.contains(args[0]));
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        // The start script knows whether these are terminals; System.console() means different things by Java version.
        Console console = new Console(
                System.in,
                out,
                err,
                Boolean.getBoolean("raftkv.in.terminal"),
                Boolean.getBoolean("raftkv.out.terminal"),
                System::getenv);
        int code = run(args, console);
        out.flush();
        err.flush();
        System.exit(code);
    }

    /** Runs a command over these streams; the exit code. */
    public static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
        return run(args, Console.of(in, out, err));
    }

    /** Runs a command; the exit code. */
    public static int run(String[] args, Console console) {
        CommandSet commands = new CommandSet()
                .add("coordinator", () -> new CoordinatorCommand(console))
                .add("server", () -> new ServerCommand(console))
                .add("shell", () -> new ShellCommand(console))
                .add("ctl", () -> new CtlCommand(console))
                .add("bench", () -> new BenchCommand(console))
                .add("dev", () -> new DevCommand(console))
                .add("log", () -> new LogCommand(console))
                .add("version", () -> new VersionCommand(console));
        CommandLine line = commands.under(new Main(), args);
        prepare(line, console);
        if (args.length == 0) {
            line.usage(console.err());
            return ExitCode.USAGE;
        }
        return line.execute(args);
    }

    private static void prepare(CommandLine line, Console console) {
        line.getCommandSpec().mixinStandardHelpOptions(false).addOption(helpOption());
        line.setOut(console.outWriter())
                .setErr(console.errWriter())
                .setUsageHelpWidth(110)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((wrong, given) -> {
                    String path = wrong.getCommandLine().getCommandSpec().qualifiedName();
                    console.err().println(path + ": " + wrong.getMessage() + "\nTry: " + path + " --help");
                    return ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((failure, command, parsed) -> Failures.report(failure, console.err()));
        // What follows the first word of a shell's command belongs to that command.
        line.setStopAtPositional(Set.of("shell", "ctl").contains(line.getCommandName()));
        for (CommandLine command : Set.copyOf(line.getSubcommands().values())) {
            prepare(command, console);
        }
    }

    private static CommandLine.Model.OptionSpec helpOption() {
        return CommandLine.Model.OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .description("Show this help.")
                .build();
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), 8192), true, StandardCharsets.UTF_8);
    }
}
