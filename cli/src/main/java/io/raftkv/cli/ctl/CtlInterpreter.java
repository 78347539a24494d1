package io.raftkv.cli.ctl;

import io.raftkv.cli.CommandSet;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Failures;
import io.raftkv.cli.shell.LineLoop;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Runs a line of the coordinator's shell. Which commands there are is this class's table; what they do is theirs.
 *
 * <p>Threads: one.
 */
final class CtlInterpreter implements LineLoop.Interpreter {
    // Not for people: what start scripts need, in one process.
    private static final Set<String> HIDDEN = Set.of("setup");

    private final CtlSession session;
    private final CommandSet commands;

    CtlInterpreter(CtlSession session) {
        this.session = session;
        this.commands = new CommandSet()
                .add("query", () -> new QueryCommand(session))
                .add("join", () -> new JoinCommand(session))
                .add("leave", () -> new LeaveCommand(session))
                .add("move", () -> new MoveCommand(session))
                .add("replace", () -> new ReplaceCommand(session))
                .add("slots", () -> new SlotsCommand(session))
                .add("setslot", () -> new SetSlotCommand(session))
                .add("alive", () -> new AliveCommand(session))
                .add("members", () -> new MembersCommand(session))
                .add("status", () -> new StatusCommand(session))
                .add("explain", () -> new ExplainCommand(session))
                .add("info", () -> new InfoCommand(session))
                .add("coordinator", () -> new NodesCommand(session))
                .add("wait", () -> new WaitCommand(session))
                .add("setup", () -> new SetupCommand(session));
    }

    /** What is offered for completion. */
    Collection<String> names() {
        TreeSet<String> names = new TreeSet<>(commands.names());
        names.removeAll(HIDDEN);
        names.addAll(List.of("help", "exit"));
        return names;
    }

    @Override
    public int run(List<byte[]> words) {
        List<String> texts = words.stream()
                .map(word -> new String(word, StandardCharsets.UTF_8))
                .toList();
        String name = texts.get(0);
        List<String> rest = texts.subList(1, texts.size());
        if (name.equalsIgnoreCase("help")) {
            return help(rest);
        }
        if (!commands.contains(name)) {
            return unknown(name);
        }
        return parser(name).execute(rest.toArray(new String[0]));
    }

    private CommandLine parser(String name) {
        PrintStream err = session.console().err();
        CommandLine line = commands.parser(name);
        line.getCommandSpec().addOption(helpOption());
        line.getSubcommands().values().forEach(sub -> sub.getCommandSpec().addOption(helpOption()));
        return line.setOut(session.console().outWriter())
                .setErr(session.console().errWriter())
                .setUsageHelpWidth(110)
                .setUnmatchedOptionsArePositionalParams(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((wrong, given) -> {
                    err.println(
                            "invalid command: " + wrong.getMessage() + "; write " + synopsis(wrong.getCommandLine()));
                    return ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command));
    }

    private int failed(Exception failure, CommandLine command) {
        PrintStream err = session.console().err();
        session.console().out().flush();
        if (failure instanceof IllegalArgumentException) {
            err.println("invalid command: " + failure.getMessage() + "; write " + synopsis(command));
            return ExitCode.USAGE;
        }
        err.println("(error) " + Failures.text(failure));
        return ExitCode.FAILED;
    }

    private int unknown(String name) {
        session.console().err().println("invalid command: " + name + "; commands are " + String.join(", ", names()));
        return ExitCode.USAGE;
    }

    private int help(List<String> about) {
        if (!about.isEmpty()) {
            if (!commands.contains(about.get(0))) {
                return unknown(about.get(0));
            }
            parser(about.get(0)).usage(session.console().out());
            return ExitCode.OK;
        }
        for (String name : commands.names()) {
            if (!HIDDEN.contains(name)) {
                CommandLine line = parser(name);
                Command described = line.getCommand().getClass().getAnnotation(Command.class);
                String what = described == null ? "" : described.description()[0];
                session.print(String.format("  %-46s %s", synopsis(line), what));
            }
        }
        session.print(String.format("  %-46s %s", "exit", "Leave; so does the end of the input."));
        return ExitCode.OK;
    }

    // Without the options, which "help COMMAND" shows.
    private static String synopsis(CommandLine line) {
        StringBuilder synopsis = new StringBuilder(line.getCommandSpec().qualifiedName());
        if (!line.getSubcommands().isEmpty()) {
            synopsis.append(' ')
                    .append(String.join("|", new TreeSet<>(line.getSubcommands().keySet())));
        }
        line.getCommandSpec().positionalParameters().forEach(word -> synopsis.append(' ')
                .append(word.paramLabel()));
        return synopsis.toString();
    }

    private static CommandLine.Model.OptionSpec helpOption() {
        return CommandLine.Model.OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .description("Show this help.")
                .build();
    }
}
