package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads values of RESP2 and RESP3, as a server sends them. Attributes are read and dropped; streamed values, which no
 * server sends, are refused. It consumes all it can: what remains of the input is never more than a part of one line.
 *
 * <p>Threads: the connection's loop.
 */
final class ValueDecoder {
    /** Deeper than any known reply; a bound at all keeps a peer from growing the stack of open aggregates. */
    static final int MAX_DEPTH = 32;

    private static final int FIRST_ITEMS = 64;
    private static final char ATTRIBUTE = '|';

    private final RespLimits limits;
    private final BulkReader bulk = new BulkReader();
    private final Deque<Aggregate> open = new ArrayDeque<>();

    /** The type of the bulk that is being read, or 0. */
    private char bulkType;

    ValueDecoder(RespLimits limits) {
        this.limits = limits;
    }

    /** An array, map, set, push or attribute whose items have not all come. */
    private record Aggregate(char type, int size, List<RespValue> items) {
        boolean isComplete() {
            return items.size() == size;
        }
    }

    /**
     * Reads on.
     *
     * @return the next value, or null when more bytes are needed
     * @throws ProtocolError if the input is malformed or too large; the decoder must not be used any more
     */
    @Nullable
    RespValue next(ByteBuf in) {
        while (in.isReadable()) {
            int before = in.readerIndex();
            RespValue value = bulkType != 0 ? readBulk(in) : readHeader(in);
            if (value != null) {
                value = close(value);
            } else if (in.readerIndex() == before) {
                return null;
            }
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** Puts a value into the innermost open aggregate, and so on outwards; returns what is complete at top level. */
    private @Nullable RespValue close(RespValue complete) {
        RespValue value = complete;
        Aggregate innermost;
        while ((innermost = open.peek()) != null) {
            innermost.items.add(value);
            if (!innermost.isComplete()) {
                return null;
            }
            open.pop();
            if (innermost.type == ATTRIBUTE) {
                return null;
            }
            value = aggregate(innermost.type, innermost.items);
        }
        return value;
    }

    private @Nullable RespValue readHeader(ByteBuf in) {
        int start = in.readerIndex();
        char type = (char) in.getByte(start);
        in.readerIndex(start + 1);
        switch (type) {
            case '$', '=', '!', '*', '%', '~', '>', ATTRIBUTE -> {
                long size = HeaderReader.number(in, "invalid length after '" + type + "'");
                if (size == HeaderReader.INCOMPLETE) {
                    in.readerIndex(start);
                    return null;
                }
                return type == '$' || type == '=' || type == '!' ? beginBulk(type, size) : beginAggregate(type, size);
            }
            case '+', '-', ':', '_', ',', '#', '(' -> {
                int length = HeaderReader.lineLength(in, limits.maxInlineBytes());
                if (length < 0) {
                    in.readerIndex(start);
                    return null;
                }
                String line =
                        in.readCharSequence(length, StandardCharsets.UTF_8).toString();
                in.skipBytes(2);
                return line(type, line);
            }
            default -> throw new ProtocolError("unknown type, byte " + (int) type);
        }
    }

    private @Nullable RespValue beginBulk(char type, long size) {
        if (size == -1 && type == '$') {
            return RespValue.nil();
        }
        if (size < 0 || size > limits.maxBulkBytes()) {
            throw new ProtocolError("invalid bulk length " + size);
        }
        bulk.begin((int) size);
        bulkType = type;
        return null;
    }

    private @Nullable RespValue readBulk(ByteBuf in) {
        byte[] bytes = bulk.read(in);
        if (bytes == null) {
            return null;
        }
        char type = bulkType;
        bulkType = 0;
        if (type == '$') {
            return RespValue.bulk(bytes);
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (type == '!') {
            return RespValue.error(text);
        }
        if (text.length() < 4 || text.charAt(3) != ':') {
            throw new ProtocolError("verbatim text without a format");
        }
        return new RespValue.Verbatim(text.substring(0, 3), text.substring(4));
    }

    private @Nullable RespValue beginAggregate(char type, long size) {
        if (size == -1 && type == '*') {
            return RespValue.nil();
        }
        boolean pairs = type == '%' || type == ATTRIBUTE;
        if (size < 0 || (pairs ? size * 2 : size) > limits.maxArguments()) {
            throw new ProtocolError("invalid aggregate length " + size);
        }
        int items = (int) (pairs ? size * 2 : size);
        if (items == 0) {
            return type == ATTRIBUTE ? null : aggregate(type, List.of());
        }
        if (type == '>' && !open.isEmpty()) {
            throw new ProtocolError("a push inside of a value");
        }
        if (open.size() == MAX_DEPTH) {
            throw new ProtocolError("values nested deeper than " + MAX_DEPTH);
        }
        open.push(new Aggregate(type, items, new ArrayList<>(Math.min(items, FIRST_ITEMS))));
        return null;
    }

    private static RespValue aggregate(char type, List<RespValue> items) {
        return switch (type) {
            case '*' -> new RespValue.Array(items);
            case '%' -> new RespValue.MapValue(items);
            case '~' -> new RespValue.SetValue(items);
            case '>' -> new RespValue.Push(items);
            default -> throw new IllegalArgumentException("not an aggregate: " + type);
        };
    }

    private static RespValue line(char type, String line) {
        try {
            return switch (type) {
                case '+' -> RespValue.simple(line);
                case '-' -> RespValue.error(line);
                case ':' -> RespValue.integer(Long.parseLong(line));
                case ',' -> new RespValue.DoubleValue(parseDouble(line));
                case '(' -> new RespValue.BigNumber(new BigInteger(line));
                case '#' -> bool(line);
                case '_' -> empty(line);
                default -> throw new IllegalArgumentException("not a line: " + type);
            };
        } catch (NumberFormatException e) {
            throw new ProtocolError("invalid number after '" + type + "'");
        }
    }

    private static double parseDouble(String line) {
        return switch (line) {
            case "inf", "+inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan", "-nan" -> Double.NaN;
            default -> Double.parseDouble(line);
        };
    }

    private static RespValue bool(String line) {
        if (line.equals("t") || line.equals("f")) {
            return new RespValue.Bool(line.equals("t"));
        }
        throw new ProtocolError("invalid boolean");
    }

    private static RespValue empty(String line) {
        if (line.isEmpty()) {
            return RespValue.nil();
        }
        throw new ProtocolError("invalid null");
    }
}
