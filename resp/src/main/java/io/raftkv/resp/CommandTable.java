package io.raftkv.resp;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server's commands, one row each: looks them up without regard to case, checks the number of arguments, and answers
 * {@code COMMAND} from the same rows.
 *
 * <p>Threads: filled by one before the server starts, then used by any.
 */
public final class CommandTable implements RespHandler {
    private static final int SHOWN_CHARS = 128;

    private final CommandNames<Row> rows = new CommandNames<>();

    private record Row(CommandSpec spec, CommandHandler handler) {}

    /** Creates a table that knows {@code COMMAND} alone. */
    public CommandTable() {
        register(CommandDocs.SPEC, new CommandDocs(this));
    }

    /** Adds a command; one of the same name is replaced. */
    public CommandTable register(CommandSpec spec, CommandHandler handler) {
        rows.put(spec.name(), new Row(spec, handler));
        return this;
    }

    /** Adds {@code HELLO}, {@code PING} and the others about the connection itself. */
    public CommandTable register(ConnectionCommands commands) {
        commands.specs().forEach(spec -> register(spec, commands::handle));
        return this;
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        Row row = rows.get(args[0]);
        if (row == null) {
            reply.error(unknown(args));
        } else if (!row.spec.accepts(args.length)) {
            reply.error(wrongArity(row.spec.name()));
        } else {
            row.handler.command(connection, args, reply);
        }
    }

    /** The row of a command, or null. */
    public @Nullable CommandSpec find(byte[] name) {
        Row row = rows.get(name);
        return row == null ? null : row.spec;
    }

    /** All rows in the order of their names. */
    public Collection<CommandSpec> specs() {
        return rows.all().stream().map(Row::spec).toList();
    }

    /** Redis's text for a command that does not exist; clients look for the words in it. */
    public static String unknown(byte[][] args) {
        StringBuilder text = new StringBuilder("ERR unknown command '")
                .append(shown(args[0]))
                .append("', with args beginning with: ");
        for (byte[] arg : List.of(args).subList(1, args.length)) {
            if (text.length() > 2 * SHOWN_CHARS) {
                break;
            }
            text.append('\'').append(shown(arg)).append("' ");
        }
        return text.toString();
    }

    /** Redis's text for a wrong number of arguments. */
    public static String wrongArity(String name) {
        return "ERR wrong number of arguments for '" + name + "' command";
    }

    private static String shown(byte[] arg) {
        return new String(arg, 0, Math.min(arg.length, SHOWN_CHARS), StandardCharsets.UTF_8);
    }
}
