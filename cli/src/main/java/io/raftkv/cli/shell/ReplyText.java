package io.raftkv.cli.shell;

import io.raftkv.resp.RespValue;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Shows replies as redis-cli does on a terminal, with one difference: a text that is the whole reply stands without
 * quotes, so that {@code GET} shows the value and nothing else.
 *
 * <p>Threads: confined.
 */
public final class ReplyText {
    private final PrintStream out;
    private final boolean terminal;

    /** @param terminal whether bytes that are no text must be escaped; otherwise they are written as they are */
    public ReplyText(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Prints a reply that is no error, and a line end. */
    public void print(RespValue reply) {
        if (reply instanceof RespValue.Bulk bulk) {
            printBytes(bulk.bytes());
        } else {
            out.println(nested(reply, ""));
        }
    }

    /** Prints bytes and a line end. */
    public void printBytes(byte[] bytes) {
        if (terminal && !isText(bytes)) {
            out.println(quoted(bytes));
        } else {
            out.write(bytes, 0, bytes.length);
            out.println();
        }
    }

    private static String nested(RespValue value, String indent) {
        if (value instanceof RespValue.Simple simple) {
            return simple.text();
        } else if (value instanceof RespValue.Bulk bulk) {
            return quoted(bulk.bytes());
        } else if (value instanceof RespValue.Int number) {
            return "(integer) " + number.value();
        } else if (value instanceof RespValue.Null) {
            return "(nil)";
        } else if (value instanceof RespValue.Error error) {
            return "(error) " + error.message();
        } else if (value instanceof RespValue.Bool bool) {
            return bool.value() ? "(true)" : "(false)";
        } else if (value instanceof RespValue.DoubleValue number) {
            return "(double) " + number.value();
        } else if (value instanceof RespValue.MapValue map) {
            return map(map.keysAndValues(), indent);
        } else if (value instanceof RespValue.Array || value instanceof RespValue.Push) {
            return list(value.asList(), indent, ") ", "(empty array)");
        } else if (value instanceof RespValue.SetValue set) {
            return list(set.items(), indent, "~ ", "(empty set)");
        }
        return value.asText();
    }

    private static String list(List<RespValue> items, String indent, String mark, String empty) {
        if (items.isEmpty()) {
            return empty;
        }
        int width = Integer.toString(items.size()).length();
        String deeper = indent + " ".repeat(width + mark.length());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
            text.append(i == 0 ? "" : "\n" + indent)
                    .append(String.format("%" + width + "d", i + 1))
                    .append(mark)
                    .append(nested(items.get(i), deeper));
        }
        return text.toString();
    }

    private static String map(List<RespValue> flat, String indent) {
        if (flat.isEmpty()) {
            return "(empty hash)";
        }
        int width = Integer.toString(flat.size() / 2).length();
        String deeper = indent + " ".repeat(width + 2);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < flat.size(); i += 2) {
            text.append(i == 0 ? "" : "\n" + indent)
                    .append(String.format("%" + width + "d# ", i / 2 + 1))
                    .append(nested(flat.get(i), deeper))
                    .append(" => ")
                    .append(nested(flat.get(i + 1), deeper));
        }
        return text.toString();
    }

    /** In double quotes; what is no printable text is escaped, so that {@link Words} reads the same bytes back. */
    public static String quoted(byte[] bytes) {
        if (isText(bytes)) {
            String text = new String(bytes, StandardCharsets.UTF_8);
            return "\""
                    + text.replace("\\", "\\\\")
                            .replace("\"", "\\\"")
                            .replace("\n", "\\n")
                            .replace("\r", "\\r")
                            .replace("\t", "\\t")
                    + "\"";
        }
        StringBuilder text = new StringBuilder("\"");
        for (byte b : bytes) {
            if (b == '"' || b == '\\') {
                text.append('\\').append((char) b);
            } else if (b >= ' ' && b < 127) {
                text.append((char) b);
            } else {
                text.append(String.format("\\x%02x", b & 0xFF));
            }
        }
        return text.append('"').toString();
    }

    /** Whether these bytes are UTF-8 without control characters, but for tabs and line ends. */
    static boolean isText(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .chars()
                    .noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t');
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
