package io.raftkv.cli;

import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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

    /** {@code out} for libraries that want a writer. */
    public PrintWriter outWriter() {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
    }

    /** {@code err} for libraries that want a writer. */
    public PrintWriter errWriter() {
        return new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8), true);
    }

    /** A console over these streams, not a terminal, with an empty environment. */
    public static Console of(InputStream in, PrintStream out, PrintStream err) {
        return new Console(in, out, err, false, false, name -> null);
    }
}
