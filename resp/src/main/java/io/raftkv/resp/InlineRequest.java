package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request as one types it into a terminal: words between blanks, with Redis's quoting. {@code "..."} knows {@code
 * \n \r \t \b \a \xHH} and takes any other character after a backslash as it is; {@code '...'} knows only {@code \'}.
 *
 * <p>Threads: confined to one call.
 */
final class InlineRequest {
    private final byte[] line;
    private int at;

    private InlineRequest(byte[] line) {
        this.line = line;
    }

    /** Reads a line; returns null if it is not complete yet, and no arguments if it is blank. */
    static byte @Nullable [][] read(ByteBuf in, RespLimits limits) {
        int start = in.readerIndex();
        int max = limits.maxInlineBytes();
        int end = in.indexOf(start, Math.min(in.writerIndex(), start + max + 1), (byte) '\n');
        if (end < 0) {
            if (in.readableBytes() > max) {
                throw new ProtocolError("too big inline request");
            }
            return null;
        }
        byte[] line = new byte[end - start];
        in.readBytes(line).skipBytes(1);
        return new InlineRequest(line).split();
    }

    private byte[][] split() {
        List<byte[]> words = new ArrayList<>();
        while (true) {
            while (at < line.length && isBlank(line[at])) {
                at++;
            }
            if (at == line.length) {
                return words.toArray(new byte[0][]);
            }
            words.add(word());
        }
    }

    private byte[] word() {
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        while (at < line.length && !isBlank(line[at])) {
            byte b = line[at++];
            if (b == '"' || b == '\'') {
                quoted(word, b);
                if (at < line.length && !isBlank(line[at])) {
                    throw unbalanced(); // Redis: nothing may follow the closing quote.
                }
            } else {
                word.write(b);
            }
        }
        return word.toByteArray();
    }

    private void quoted(ByteArrayOutputStream word, byte quote) {
        while (at < line.length) {
            byte b = line[at++];
            if (b == quote) {
                return;
            }
            if (b == '\\' && at < line.length && (quote == '"' || line[at] == '\'')) {
                word.write(quote == '"' ? escaped() : line[at++]);
            } else {
                word.write(b);
            }
        }
        throw unbalanced();
    }

    private int escaped() {
        byte b = line[at++];
        if (b == 'x' && at + 1 < line.length) {
            int high = Character.digit(line[at], 16);
            int low = Character.digit(line[at + 1], 16);
            if (high >= 0 && low >= 0) {
                at += 2;
                return high * 16 + low;
            }
        }
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b >= 9 && b <= 13 || b == 0;
    }

    private static ProtocolError unbalanced() {
        return new ProtocolError("unbalanced quotes in request");
    }
}
