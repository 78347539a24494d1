package io.raftkv.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a command reads and writes: results go to {@code out}, all else to {@code err}.
 *
 * @param in standard input
 * @param out standard output, UTF-8
 * @param err standard error, UTF-8
 * @param inTerminal whether a person types
 * @param outTerminal whether a person reads {@code out}: then bytes that are no text are escaped
 * @param environment reads an environment variable
 */
public record Console(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean inTerminal,
        boolean outTerminal,
        Function<String, @Nullable String> environment) {
    /** Whether to show a prompt, with history and completion. */
    public boolean interactive() {
        return inTerminal && outTerminal;
    }

    /** A console over these streams, not a terminal, with an empty environment. */
    public static Console of(InputStream in, PrintStream out, PrintStream err) {
        return new Console(in, out, err, false, false, name -> null);
    }
}
