package io.raftkv.resp;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * {@code CLIENT} and those of its subcommands that clients send by themselves or operators ask for.
 *
 * <p>Threads: any.
 */
final class ClientCommand implements CommandHandler {
    static final String BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";

    private static final List<String> HELP = List.of(
            "CLIENT GETNAME",
            "    The name of this connection.",
            "CLIENT HELP",
            "    This text.",
            "CLIENT ID",
            "    The number of this connection.",
            "CLIENT INFO",
            "    What is known of this connection.",
            "CLIENT LIST",
            "    What is known of all connections.",
            "CLIENT NO-EVICT ON|OFF, CLIENT NO-TOUCH ON|OFF",
            "    Accepted; there is nothing to evict or to touch.",
            "CLIENT REPLY ON",
            "    Accepted; answers cannot be switched off.",
            "CLIENT SETINFO LIB-NAME|LIB-VER value",
            "    Accepted.",
            "CLIENT SETNAME name",
            "    Names this connection.");

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        String subcommand = word(args[1]);
        switch (args.length + " " + subcommand) {
            case "2 ID" -> reply.integer(connection.id());
            case "2 GETNAME" -> name(connection, reply);
            case "3 SETNAME" -> setName(connection, text(args[2]), reply);
            case "4 SETINFO" -> setInfo(word(args[2]), text(args[3]), reply);
            case "2 INFO" -> reply.send(new RespValue.Verbatim("txt", line(connection)));
            case "2 LIST", "4 LIST" -> list(connection, args, reply);
            case "3 NO-EVICT", "3 NO-TOUCH" -> onOrOff(word(args[2]), reply);
            case "3 REPLY" -> replyMode(word(args[2]), reply);
            case "2 HELP" ->
                reply.send(RespValue.array(HELP.stream().map(RespValue::simple).toList()));
            default -> reply.error(complaint(subcommand, text(args[1])));
        }
    }

    private static String complaint(String subcommand, String asSent) {
        return switch (subcommand) {
            case "ID", "GETNAME", "SETNAME", "SETINFO", "INFO", "LIST", "NO-EVICT", "NO-TOUCH", "REPLY", "HELP" ->
                CommandTable.wrongArity("client|" + subcommand.toLowerCase(Locale.ROOT));
            default -> "ERR unknown subcommand '" + asSent + "'. Try CLIENT HELP.";
        };
    }

    private static void name(RespConnection connection, Reply reply) {
        String name = connection.name();
        reply.bulk(name == null ? null : name.getBytes(StandardCharsets.UTF_8));
    }

    private static void setName(RespConnection connection, String name, Reply reply) {
        if (isValidName(name)) {
            connection.setName(name);
            reply.ok();
        } else {
            reply.error(BAD_NAME);
        }
    }

    /** A name appears as a word in CLIENT LIST. */
    static boolean isValidName(String name) {
        return name.chars().allMatch(c -> c > ' ' && c < 127);
    }

    private static void setInfo(String attribute, String value, Reply reply) {
        if (!attribute.equals("LIB-NAME") && !attribute.equals("LIB-VER")) {
            reply.error("ERR Unrecognized option '" + attribute + "'");
        } else if (!isValidName(value)) {
            String lower = attribute.toLowerCase(Locale.ROOT);
            reply.error("ERR " + lower + " cannot contain spaces, newlines or special characters.");
        } else {
            reply.ok();
        }
    }

    private static void list(RespConnection connection, byte[][] args, Reply reply) {
        if (args.length == 4 && !word(args[2]).equals("TYPE")) {
            reply.error("ERR syntax error");
            return;
        }
        boolean normal = args.length == 2 || word(args[3]).equals("NORMAL");
        String lines = connection.peers().stream()
                .filter(peer -> normal)
                .sorted(Comparator.comparingLong(RespConnection::id))
                .map(peer -> line(peer) + "\n")
                .collect(Collectors.joining());
        reply.send(new RespValue.Verbatim("txt", lines));
    }

    private static String line(RespConnection connection) {
        String name = connection.name();
        return "id=" + connection.id() + " addr=" + address(connection) + " name=" + (name == null ? "" : name)
                + " flags=N db=0 user=default resp=" + connection.protocol();
    }

    private static String address(RespConnection connection) {
        return connection.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ":" + address.getPort()
                : String.valueOf(connection.remoteAddress());
    }

    private static void onOrOff(String word, Reply reply) {
        if (word.equals("ON") || word.equals("OFF")) {
            reply.ok();
        } else {
            reply.error("ERR syntax error");
        }
    }

    private static void replyMode(String mode, Reply reply) {
        if (mode.equals("ON")) {
            reply.ok();
        } else {
            reply.error("ERR CLIENT REPLY " + mode + " is not supported; answers are always sent");
        }
    }

    private static String text(byte[] arg) {
        return new String(arg, StandardCharsets.UTF_8);
    }

    private static String word(byte[] arg) {
        return text(arg).toUpperCase(Locale.ROOT);
    }
}
