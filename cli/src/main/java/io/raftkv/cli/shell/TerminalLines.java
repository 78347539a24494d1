package io.raftkv.cli.shell;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** Lines typed at a prompt, with history, completion of the first word, and quotes that go on over lines. */
final class TerminalLines implements Lines {
    private final Terminal terminal;
    private final LineReader reader;
    private final String prompt;

    TerminalLines(String prompt, Collection<String> commands, Path history) throws IOException {
        this.prompt = prompt;
        this.terminal = TerminalBuilder.builder().system(true).build();
        if (terminal.getColumns() <= 0) {
            terminal.setSize(Size.of(80, 24)); // A terminal that a program made and never sized: the prompt must fit.
        }
        this.reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .completer(new StringsCompleter(commands))
                .parser(new OpenQuotes())
                .variable(LineReader.HISTORY_FILE, history)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "... ")
                .option(LineReader.Option.CASE_INSENSITIVE, true)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .build();
    }

    @Override
    public byte @Nullable [] next() {
        while (true) {
            try {
                return reader.readLine(prompt).getBytes(StandardCharsets.UTF_8);
            } catch (UserInterruptException e) {
                if (e.getPartialLine().isEmpty()) {
                    return null;
                }
                // CTRL+C drops what was typed; on an empty line it ends the shell.
            } catch (EndOfFileException e) {
                return null;
            }
        }
    }

    @Override
    public void close() throws IOException {
        reader.getHistory().save();
        terminal.close();
    }

    /** Asks for another line while a quote is open; all else is {@link Words}' affair. */
    private static final class OpenQuotes extends DefaultParser {
        OpenQuotes() {
            setEscapeChars(null);
            setQuoteChars(null);
        }

        @Override
        public ParsedLine parse(String line, int cursor, Parser.ParseContext context) {
            if (context == Parser.ParseContext.ACCEPT_LINE) {
                try {
                    Words.split(line.getBytes(StandardCharsets.UTF_8));
                } catch (Words.UnclosedQuote open) {
                    throw new EOFError(-1, -1, open.getMessage());
                } catch (IllegalArgumentException wrong) {
                    return super.parse(line, cursor, context); // The shell reports it when it splits the line itself.
                }
            }
            return super.parse(line, cursor, context);
        }
    }
}
