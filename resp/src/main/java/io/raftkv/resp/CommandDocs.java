package io.raftkv.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * {@code COMMAND} and its subcommands, in the shapes of Redis 7, which redis-cli, Jedis, Lettuce and redis-py read.
 *
 * <p>Threads: any.
 */
final class CommandDocs implements CommandHandler {
    static final CommandSpec SPEC =
            CommandSpec.keyless("command", -1, "server", "Describes the commands of this server.", "loading", "stale");

    private static final List<String> HELP = List.of(
            "COMMAND",
            "    All commands with arity, flags and keys.",
            "COMMAND COUNT",
            "    Number of commands.",
            "COMMAND LIST [FILTERBY PATTERN pattern | ACLCAT category | MODULE name]",
            "    Names of commands.",
            "COMMAND INFO [name ...]",
            "    As COMMAND, for some commands.",
            "COMMAND DOCS [name ...]",
            "    Help texts.",
            "COMMAND GETKEYS name [argument ...]",
            "    The keys in a full command.",
            "COMMAND HELP",
            "    This text.");

    private final CommandTable table;

    CommandDocs(CommandTable table) {
        this.table = table;
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        if (args.length == 1) {
            reply.send(list(table.specs(), CommandDocs::info));
            return;
        }
        switch (word(args[1])) {
            case "COUNT" -> reply.integer(table.specs().size());
            case "HELP" -> reply.send(list(HELP, RespValue::simple));
            case "INFO" -> info(args, reply);
            case "DOCS" -> reply.send(docs(args));
            case "LIST" -> names(args, reply);
            case "GETKEYS" -> keys(args, reply);
            default -> reply.error("ERR unknown subcommand '" + text(args[1]) + "'. Try COMMAND HELP.");
        }
    }

    private void info(byte[][] args, Reply reply) {
        if (args.length == 2) {
            reply.send(list(table.specs(), CommandDocs::info));
            return;
        }
        List<RespValue> rows = new ArrayList<>();
        for (int i = 2; i < args.length; i++) {
            CommandSpec spec = table.find(args[i]);
            rows.add(spec == null ? RespValue.nil() : info(spec));
        }
        reply.send(RespValue.array(rows));
    }

    /** Ten elements as of Redis 7; tips, key specifications and subcommands, which nobody needs, are empty. */
    private static RespValue info(CommandSpec spec) {
        RespValue none = RespValue.array();
        return RespValue.array(
                RespValue.bulk(spec.name()),
                RespValue.integer(spec.arity()),
                set(spec.flags()),
                RespValue.integer(spec.firstKey()),
                RespValue.integer(spec.lastKey()),
                RespValue.integer(spec.keyStep()),
                set(categories(spec)),
                none,
                none,
                none);
    }

    private RespValue docs(byte[][] args) {
        Collection<CommandSpec> specs = table.specs();
        if (args.length > 2) {
            specs = Arrays.stream(args, 2, args.length)
                    .map(table::find)
                    .filter(Objects::nonNull)
                    .toList();
        }
        List<RespValue> flat = new ArrayList<>();
        for (CommandSpec spec : specs) {
            flat.add(RespValue.bulk(spec.name()));
            flat.add(RespValue.map(
                    RespValue.bulk("summary"), RespValue.bulk(spec.summary()),
                    RespValue.bulk("since"), RespValue.bulk(spec.since()),
                    RespValue.bulk("group"), RespValue.bulk(spec.group())));
        }
        return new RespValue.MapValue(flat);
    }

    private void names(byte[][] args, Reply reply) {
        if (args.length == 2) {
            reply.send(names(spec -> true));
            return;
        }
        if (args.length != 5 || !word(args[2]).equals("FILTERBY")) {
            reply.error("ERR syntax error");
            return;
        }
        String wanted = text(args[4]).toLowerCase(Locale.ROOT);
        switch (word(args[3])) {
            case "PATTERN" -> reply.send(names(spec -> matches(wanted, spec.name())));
            case "ACLCAT" -> reply.send(names(spec -> categories(spec).contains("@" + wanted)));
            case "MODULE" -> reply.send(names(spec -> false));
            default -> reply.error("ERR syntax error");
        }
    }

    private RespValue names(Predicate<CommandSpec> filter) {
        return list(table.specs().stream().filter(filter).toList(), spec -> RespValue.bulk(spec.name()));
    }

    private void keys(byte[][] args, Reply reply) {
        if (args.length < 3) {
            reply.error("ERR wrong number of arguments for 'command|getkeys' command");
            return;
        }
        CommandSpec spec = table.find(args[2]);
        int count = args.length - 2;
        if (spec == null) {
            reply.error("ERR Invalid command specified");
        } else if (!spec.accepts(count)) {
            reply.error("ERR Invalid number of arguments specified for command");
        } else if (spec.firstKey() == 0) {
            reply.error("ERR The command has no key arguments");
        } else {
            List<RespValue> keys = new ArrayList<>();
            int last = Math.min(spec.lastKey() < 0 ? count + spec.lastKey() : spec.lastKey(), count - 1);
            for (int i = spec.firstKey(); i <= last; i += spec.keyStep()) {
                keys.add(RespValue.bulk(args[i + 2]));
            }
            reply.send(RespValue.array(keys));
        }
    }

    private static Set<String> categories(CommandSpec spec) {
        Set<String> categories = new TreeSet<>();
        categories.add("@" + spec.group());
        categories.add(spec.flags().contains("fast") ? "@fast" : "@slow");
        if (spec.flags().contains("write")) {
            categories.add("@write");
        }
        if (spec.flags().contains("readonly")) {
            categories.add("@read");
        }
        if (spec.flags().contains("admin")) {
            categories.add("@admin");
        }
        return categories;
    }

    /** Whether a name fits a pattern of {@code *} and {@code ?}; goes back to the last star only, so it is fast. */
    private static boolean matches(String pattern, String name) {
        int p = 0;
        int star = -1;
        int starAt = 0;
        int n = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                starAt = n;
            } else if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++starAt;
            } else {
                return false;
            }
        }
        return pattern.substring(p).chars().allMatch(c -> c == '*');
    }

    private static RespValue set(Collection<String> words) {
        return new RespValue.SetValue(words.stream().map(RespValue::simple).toList());
    }

    private static <T> RespValue list(Collection<T> items, Function<T, RespValue> form) {
        return RespValue.array(items.stream().map(form).toList());
    }

    private static String text(byte[] arg) {
        return new String(arg, StandardCharsets.UTF_8);
    }

    private static String word(byte[] arg) {
        return text(arg).toUpperCase(Locale.ROOT);
    }
}
