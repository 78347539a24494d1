package io.raftkv.cli.shell;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a line into words as redis-cli does. In double quotes {@code \n \r \t \b \a \xHH} and a backslash before any
 * other character mean what they mean in C; in single quotes only {@code \'} does. A quote opens only at the beginning
 * of a word, so {@code it's} is a word.
 *
 * <p>Words are bytes, since keys and values are. Threads: confined to one call.
 */
public final class Words {
    private final byte[] line;
    private int at;

    private Words(byte[] line) {
        this.line = line;
    }

    /**
     * The words of a line.
     *
     * @throws UnclosedQuote if the line ends within quotes; on a terminal, the next line may close them
     * @throws IllegalArgumentException if a closing quote is followed by something else than a blank
     */
    public static List<byte[]> split(byte[] line) {
        return new Words(line).all();
    }

    private List<byte[]> all() {
        List<byte[]> words = new ArrayList<>();
        while (true) {
            while (at < line.length && blank(line[at])) {
                at++;
            }
            if (at == line.length) {
                return words;
            }
            switch (line[at]) {
                case '"' -> words.add(quoted((byte) '"'));
                case '\'' -> words.add(quoted((byte) '\''));
                default -> words.add(plain());
            }
        }
    }

    private byte[] plain() {
        int from = at;
        while (at < line.length && !blank(line[at])) {
            at++;
        }
        return java.util.Arrays.copyOfRange(line, from, at);
    }

    private byte[] quoted(byte quote) {
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        for (at++; at < line.length; at++) {
            byte b = line[at];
            if (b == quote) {
                at++;
                if (at < line.length && !blank(line[at])) {
                    throw new IllegalArgumentException("a closing quote must be followed by a blank; write \\"
                            + (char) quote + " for a quote inside the quotes");
                }
                return word.toByteArray();
            }
            if (b == '\\' && at + 1 < line.length && (quote == '"' || line[at + 1] == '\'')) {
                at++;
                word.write(quote == '"' ? escaped() : line[at]);
            } else {
                word.write(b);
            }
        }
        throw new UnclosedQuote((char) quote);
    }

    private int escaped() {
        if (line[at] == 'x' && at + 2 < line.length) {
            int high = Character.digit(line[at + 1], 16);
            int low = Character.digit(line[at + 2], 16);
            if (high >= 0 && low >= 0) {
                at += 2;
                return high << 4 | low;
            }
        }
        return switch (line[at]) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> line[at];
        };
    }

    private static boolean blank(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    /** A quote was opened and not closed. */
    public static final class UnclosedQuote extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        UnclosedQuote(char quote) {
            super("the quote " + quote + " is not closed");
        }
    }
}
