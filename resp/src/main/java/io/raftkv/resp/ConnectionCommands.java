package io.raftkv.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The commands about the connection itself, as every server has them: HELLO, AUTH, PING, ECHO, SELECT, QUIT, RESET and
 * CLIENT. There are no passwords and one database. Texts are Redis's, as clients look for words in them.
 *
 * <p>Threads: any.
 */
public final class ConnectionCommands {
    private static final String NO_PASSWORDS =
            "ERR AUTH was called, but this server has no users and passwords; connect without";

    private final CommandNames<Row> rows = new CommandNames<>();
    private final Map<String, String> helloExtra;
    private final ClientCommand client = new ClientCommand();

    private record Row(CommandSpec spec, CommandHandler handler) {}

    /**
     * Creates them.
     *
     * @param helloExtra fields that the answer to HELLO has besides the usual ones, or in their place, such as {@code
     *     mode=cluster} or {@code version=7.2.0}
     */
    public ConnectionCommands(Map<String, String> helloExtra) {
        this.helloExtra = new LinkedHashMap<>(helloExtra);
        add("hello", -1, "Greets, and agrees on the protocol.", this::hello);
        add("auth", -2, "Refused, as there are no passwords.", (c, args, reply) -> reply.error(NO_PASSWORDS));
        add("ping", -1, "Answers PONG, or its argument.", ConnectionCommands::ping);
        add("echo", 2, "Answers its argument.", (c, args, reply) -> reply.bulk(args[1]));
        add("select", 2, "Selects database 0, the only one.", ConnectionCommands::select);
        add("quit", -1, "Closes the connection.", ConnectionCommands::quit);
        add("reset", 1, "Makes the connection as it was at first.", ConnectionCommands::reset);
        add("client", -2, "Tells about connections and names this one.", client);
    }

    private void add(String name, int arity, String summary, CommandHandler handler) {
        CommandSpec spec =
                CommandSpec.keyless(name, arity, "connection", summary, "fast", "loading", "noscript", "stale");
        rows.put(name, new Row(spec, handler));
    }

    /**
     * Carries out a command if it is one of these.
     *
     * @return false, without an answer, if it is not
     */
    public boolean handle(RespConnection connection, byte[][] args, Reply reply) {
        Row row = rows.get(args[0]);
        if (row == null) {
            return false;
        }
        if (row.spec.accepts(args.length)) {
            row.handler.command(connection, args, reply);
        } else {
            reply.error(CommandTable.wrongArity(row.spec.name()));
        }
        return true;
    }

    /** The rows for a table, which {@link CommandTable#register(ConnectionCommands)} uses. */
    public List<CommandSpec> specs() {
        return rows.all().stream().map(Row::spec).toList();
    }

    private void hello(RespConnection connection, byte[][] args, Reply reply) {
        int protocol = connection.protocol();
        String name = null;
        if (args.length > 1) {
            String version = text(args[1]);
            if (!version.equals("2") && !version.equals("3")) {
                reply.error(
                        version.matches("-?\\d{1,18}")
                                ? "NOPROTO unsupported protocol version"
                                : "ERR Protocol version is not an integer or out of range");
                return;
            }
            protocol = Integer.parseInt(version);
        }
        for (int i = 2; i < args.length; i += 2) {
            String option = text(args[i]).toUpperCase(Locale.ROOT);
            if (option.equals("AUTH") && i + 2 < args.length) {
                reply.error(NO_PASSWORDS);
                return;
            } else if (option.equals("SETNAME") && i + 1 < args.length) {
                name = text(args[i + 1]);
                if (!ClientCommand.isValidName(name)) {
                    reply.error(ClientCommand.BAD_NAME);
                    return;
                }
            } else {
                reply.error("ERR Syntax error in HELLO option '" + text(args[i]) + "'");
                return;
            }
        }
        if (name != null) {
            connection.setName(name);
        }
        connection.setProtocol(protocol);
        reply.send(greeting(connection));
    }

    private RespValue greeting(RespConnection connection) {
        Map<String, RespValue> fields = new LinkedHashMap<>();
        fields.put("server", RespValue.bulk("redis")); // Clients look at this word.
        fields.put("version", RespValue.bulk("7.0.15")); // The version whose commands and formats are followed.
        fields.put("proto", RespValue.integer(connection.protocol()));
        fields.put("id", RespValue.integer(connection.id()));
        fields.put("mode", RespValue.bulk("standalone"));
        fields.put("role", RespValue.bulk("master"));
        fields.put("modules", RespValue.array());
        helloExtra.forEach((key, value) -> fields.put(key, RespValue.bulk(value)));
        List<RespValue> flat = new ArrayList<>();
        fields.forEach((key, value) -> {
            flat.add(RespValue.bulk(key));
            flat.add(value);
        });
        return new RespValue.MapValue(flat);
    }

    private static void ping(RespConnection connection, byte[][] args, Reply reply) {
        switch (args.length) {
            case 1 -> reply.simple("PONG");
            case 2 -> reply.bulk(args[1]);
            default -> reply.error(CommandTable.wrongArity("ping"));
        }
    }

    private static void select(RespConnection connection, byte[][] args, Reply reply) {
        if (text(args[1]).equals("0")) {
            reply.ok();
        } else {
            reply.error("ERR DB index is out of range");
        }
    }

    private static void quit(RespConnection connection, byte[][] args, Reply reply) {
        reply.ok();
        connection.closeAfterReplies();
    }

    private static void reset(RespConnection connection, byte[][] args, Reply reply) {
        connection.setProtocol(2);
        connection.setName("");
        reply.simple("RESET");
    }

    private static String text(byte[] arg) {
        return new String(arg, StandardCharsets.UTF_8);
    }
}
