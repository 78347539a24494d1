package io.raftkv.cli.shell;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Failures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads lines and runs them until {@code exit} or the end of the input. A line that fails does not end the loop; with
 * lines from a pipe, the exit code tells that one failed.
 */
public final class LineLoop {
    private static final Set<String> LEAVE = Set.of("exit", "quit");

    private final Console console;
    private final Interpreter interpreter;

    public LineLoop(Console console, Interpreter interpreter) {
        this.console = console;
        this.interpreter = interpreter;
    }

    /** What runs a line. */
    public interface Interpreter {
        /** Runs the words of one line, at least one; the exit code. It prints failures itself, or throws them. */
        int run(List<byte[]> words);
    }

    /**
     * Runs all lines.
     *
     * @param commands offered for completion
     * @param history the file in the home folder that keeps what was typed
     */
    public int run(String prompt, Collection<String> commands, String history) {
        try (Lines lines = console.interactive()
                ? new TerminalLines(prompt, commands, Path.of(System.getProperty("user.home"), history))
                : new PipedLines(console.in())) {
            int failed = 0;
            for (byte[] line = lines.next(); line != null; line = lines.next()) {
                List<byte[]> words = words(line);
                if (words != null && words.isEmpty()) {
                    continue;
                }
                if (words != null && words.size() == 1 && LEAVE.contains(lower(words.get(0)))) {
                    break;
                }
                failed += words == null || runLine(words) != ExitCode.OK ? 1 : 0;
                console.out().flush();
            }
            return failed == 0 || console.interactive() ? ExitCode.OK : ExitCode.FAILED;
        } catch (IOException e) {
            return Failures.report(e, console.err());
        }
    }

    /** Runs one line; the exit code. */
    public int runLine(List<byte[]> words) {
        try {
            return interpreter.run(words);
        } catch (RuntimeException e) {
            console.out().flush();
            console.err().println("(error) " + Failures.text(e));
            return ExitCode.FAILED;
        }
    }

    private @org.jspecify.annotations.Nullable List<byte[]> words(byte[] line) {
        try {
            return Words.split(line);
        } catch (IllegalArgumentException e) {
            console.err().println("invalid command: " + e.getMessage());
            return null;
        }
    }

    private static String lower(byte[] word) {
        return new String(word, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
    }
}
