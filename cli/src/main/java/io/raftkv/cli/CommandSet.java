package io.raftkv.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * Commands by name, each made only when it is used or listed: describing all of them would be a good part of the time
 * that a short command takes.
 */
public final class CommandSet {
    private final Map<String, Supplier<Object>> makers = new LinkedHashMap<>();

    /** Adds a command whose class is annotated for picocli. */
    public CommandSet add(String name, Supplier<Object> maker) {
        makers.put(name, maker);
        return this;
    }

    /** All names, in the order in which they were added. */
    public Set<String> names() {
        return makers.keySet();
    }

    /** Whether there is such a command, in any letter case. */
    public boolean contains(String name) {
        return makers.containsKey(name.toLowerCase(Locale.ROOT));
    }

    /** The parser of one command. */
    public CommandLine parser(String name) {
        Supplier<Object> maker = makers.get(name.toLowerCase(Locale.ROOT));
        if (maker == null) {
            throw new IllegalArgumentException("there is no command " + name);
        }
        return new CommandLine(maker.get());
    }

    /** Hangs the one command that {@code args} names under a root, or all if it names none. */
    public CommandLine under(Object root, String... args) {
        CommandLine line = new CommandLine(root);
        for (Map.Entry<String, Supplier<Object>> command : makers.entrySet()) {
            if (args.length == 0 || !contains(args[0]) || command.getKey().equals(args[0].toLowerCase(Locale.ROOT))) {
                line.addSubcommand(command.getKey(), command.getValue().get());
            }
        }
        return line.setSubcommandsCaseInsensitive(true);
    }
}
