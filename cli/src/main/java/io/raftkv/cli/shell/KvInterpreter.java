package io.raftkv.cli.shell;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.kvclient.KvClient;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a line of the shell. It connects with the first command that needs it, and again after that failed, so that a
 * prompt comes up while the cluster is still on its way.
 *
 * <p>Threads: one.
 */
public final class KvInterpreter implements LineLoop.Interpreter, AutoCloseable {
    private final Console console;
    private final ReplyText text;
    private final Supplier<KvClient> connector;
    private @Nullable KvClient client;

    public KvInterpreter(Console console, Supplier<KvClient> connector) {
        this.console = console;
        this.text = new ReplyText(console.out(), console.outTerminal());
        this.connector = connector;
    }

    @Override
    public int run(List<byte[]> words) {
        byte[][] args = words.toArray(new byte[0][]);
        String name = name(args[0]);
        return switch (name) {
            case "HELP" -> help();
            case "PUT" -> args.length < 3 ? wrong("PUT key value") : acknowledge(renamed("SET", args));
            case "APPEND" -> args.length != 3 ? wrong("APPEND key value") : acknowledge(args);
            case "DELETE" -> args.length < 2 ? wrong("DELETE key...") : delete(args);
            case "SCAN" -> isPattern(args) ? scan(args) : print(client().command(args));
            default -> print(client().command(args));
        };
    }

    private int help() {
        console.out().println(ShellHelp.text());
        return ExitCode.OK;
    }

    private int wrong(String form) {
        console.err().println("invalid command: wrong number of arguments; write " + form);
        return ExitCode.FAILED;
    }

    private int acknowledge(byte[][] args) {
        RespValue reply = client().command(args);
        if (reply.isError() || reply.isNull()) {
            return print(reply);
        }
        console.out().println("ok");
        return ExitCode.OK;
    }

    private int delete(byte[][] args) {
        boolean any = false;
        for (int i = 1; i < args.length; i++) {
            any |= client().delete(args[i]);
        }
        console.out().println(any ? "ok" : "(nil)");
        return ExitCode.OK;
    }

    private int scan(byte[][] args) {
        Iterator<byte[]> keys = client().scan(args.length == 1 ? "*".getBytes(StandardCharsets.UTF_8) : args[1]);
        while (keys.hasNext()) {
            text.printBytes(keys.next());
        }
        return ExitCode.OK;
    }

    private int print(RespValue reply) {
        if (reply.isError()) {
            console.out().flush();
            console.err().println("(error) " + reply.errorMessage());
            return ExitCode.FAILED;
        }
        text.print(reply);
        return ExitCode.OK;
    }

    private KvClient client() {
        KvClient open = client;
        if (open == null) {
            open = connector.get();
            client = open;
        }
        return open;
    }

    // A number is the cursor of the server's own SCAN.
    private static boolean isPattern(byte[][] args) {
        return args.length == 1 || args.length == 2 && !name(args[1]).matches("[0-9]+");
    }

    private static byte[][] renamed(String name, byte[][] args) {
        byte[][] renamed = args.clone();
        renamed[0] = name.getBytes(StandardCharsets.UTF_8);
        return renamed;
    }

    private static String name(byte[] word) {
        return new String(word, StandardCharsets.UTF_8).toUpperCase(Locale.ROOT);
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }
}
