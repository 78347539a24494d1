package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes values, replies and requests into one buffer until it is taken or full; a full one, and a large bulk, go to
 * {@code sink} on the way, so that nothing large is copied and no buffer grows far. What the sink gets, it owns.
 *
 * <p>Threads: the connection's loop.
 */
final class RespEncoder {
    // A buffer is passed on when it holds so much; small enough for the pooled allocator's thread-local caches.
    private static final int FULL_BYTES = 32 * 1024;
    private static final int FIRST_BYTES = 1024;
    // From this size, a buffer of its own is cheaper than a copy.
    private static final int LARGE_BULK_BYTES = 16 * 1024;

    private static final byte[] OK = ascii("+OK\r\n");
    private static final byte[] NIL_2 = ascii("$-1\r\n");
    private static final byte[] NIL_3 = ascii("_\r\n");
    private static final byte[] CRLF = ascii("\r\n");

    private final ByteBufAllocator allocator;
    private final Consumer<ByteBuf> sink;
    private final byte[] digits = new byte[24];
    private @Nullable ByteBuf buffer;
    private int protocol = 2;

    RespEncoder(ByteBufAllocator allocator, Consumer<ByteBuf> sink) {
        this.allocator = allocator;
        this.sink = sink;
    }

    int protocol() {
        return protocol;
    }

    void protocol(int version) {
        protocol = version;
    }

    /** Passes on what was written since the last time; returns whether there was anything. */
    boolean drain() {
        ByteBuf full = buffer;
        if (full == null) {
            return false;
        }
        buffer = null;
        sink.accept(full);
        return true;
    }

    /** Drops what was not passed on. */
    void release() {
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
    }

    /** Bytes that were written and not passed on. */
    int bufferedBytes() {
        return buffer == null ? 0 : buffer.readableBytes();
    }

    void ok() {
        out().writeBytes(OK);
    }

    void nil() {
        out().writeBytes(protocol == 3 ? NIL_3 : NIL_2);
    }

    void simple(String text) {
        line('+', text);
    }

    void error(String message) {
        line('-', message);
    }

    void integer(long value) {
        number(':', value);
    }

    void bulk(byte[] bytes) {
        number('$', bytes.length);
        if (bytes.length < LARGE_BULK_BYTES) {
            out().writeBytes(bytes);
        } else {
            drain();
            sink.accept(Unpooled.wrappedBuffer(bytes));
        }
        out().writeBytes(CRLF);
    }

    /** Writes a request: an array of bulks. */
    void request(byte[][] args) {
        number('*', args.length);
        for (byte[] arg : args) {
            bulk(arg);
        }
    }

    /** Writes any value, in terms of RESP2 if the peer speaks no other. */
    void value(RespValue value) {
        if (value instanceof RespValue.Bulk v) {
            bulk(v.bytes());
        } else if (value instanceof RespValue.Int v) {
            integer(v.value());
        } else if (value instanceof RespValue.Simple v) {
            simple(v.text());
        } else if (value instanceof RespValue.Error v) {
            error(v.message());
        } else if (value instanceof RespValue.Null) {
            nil();
        } else if (value instanceof RespValue.Array v) {
            aggregate('*', v.items().size(), v.items());
        } else if (value instanceof RespValue.MapValue v) {
            int items = v.keysAndValues().size();
            aggregate(protocol == 3 ? '%' : '*', protocol == 3 ? items / 2 : items, v.keysAndValues());
        } else if (value instanceof RespValue.SetValue v) {
            aggregate(protocol == 3 ? '~' : '*', v.items().size(), v.items());
        } else if (value instanceof RespValue.Push v) {
            push(v);
        } else {
            rare(value);
        }
    }

    private void push(RespValue.Push push) {
        if (protocol != 3) {
            throw new IllegalStateException("a push needs protocol 3");
        }
        aggregate('>', push.items().size(), push.items());
    }

    private void rare(RespValue value) {
        if (value instanceof RespValue.Bool v) {
            if (protocol == 3) {
                line('#', v.value() ? "t" : "f");
            } else {
                integer(v.value() ? 1 : 0);
            }
        } else if (value instanceof RespValue.DoubleValue v) {
            lineOrBulk(',', text(v.value()));
        } else if (value instanceof RespValue.BigNumber v) {
            lineOrBulk('(', v.value().toString());
        } else if (value instanceof RespValue.Verbatim v) {
            verbatim(v);
        } else {
            throw new IllegalArgumentException("no encoding for " + value.getClass());
        }
    }

    private void verbatim(RespValue.Verbatim value) {
        if (protocol == 3) {
            byte[] bytes = (value.format() + ":" + value.text()).getBytes(StandardCharsets.UTF_8);
            number('=', bytes.length);
            out().writeBytes(bytes).writeBytes(CRLF);
        } else {
            bulk(value.text().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void lineOrBulk(char type, String text) {
        if (protocol == 3) {
            line(type, text);
        } else {
            bulk(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void aggregate(char type, int size, List<RespValue> items) {
        number(type, size);
        for (RespValue item : items) {
            value(item);
        }
    }

    private void line(char type, String text) {
        ByteBuf out = out().writeByte(type);
        boolean broken = text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
        out.writeCharSequence(broken ? text.replace('\r', ' ').replace('\n', ' ') : text, StandardCharsets.UTF_8);
        out.writeBytes(CRLF);
    }

    /** Writes {@code type number CRLF}; built backwards in an array, which the JIT keeps free of checks. */
    private void number(char type, long value) {
        int at = digits.length;
        digits[--at] = '\n';
        digits[--at] = '\r';
        long rest = value;
        do {
            digits[--at] = (byte) ('0' + Math.abs(rest % 10));
            rest /= 10;
        } while (rest != 0);
        if (value < 0) {
            digits[--at] = '-';
        }
        digits[--at] = (byte) type;
        out().writeBytes(digits, at, digits.length - at);
    }

    private ByteBuf out() {
        ByteBuf out = buffer;
        if (out != null && out.readableBytes() >= FULL_BYTES) {
            drain();
            out = null;
        }
        if (out == null) {
            out = allocator.ioBuffer(FIRST_BYTES);
            buffer = out;
        }
        return out;
    }

    /** As Redis prints a double: no exponent where an integer will do. */
    private static String text(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        } else if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        return value == Math.rint(value) && Math.abs(value) < 1e17
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
