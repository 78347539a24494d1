package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests: arrays of bulks, or inline commands. It consumes all it can, so that what remains of the input is
 * never more than a part of one line. Texts of errors are Redis's where Redis has one.
 *
 * <p>Threads: the connection's loop.
 */
final class RequestDecoder {
    private enum State {
        START,
        ARGUMENT_COUNT,
        ARGUMENT_LENGTH,
        ARGUMENT_BYTES
    }

    private static final byte[][] NO_ARGUMENTS = {};

    // Grown as arguments come: an announced million shall not cost a million references.
    private static final int FIRST_ARGUMENTS = 64;

    private final RespLimits limits;
    private final BulkReader bulk = new BulkReader();
    private State state = State.START;
    private byte[][] arguments = NO_ARGUMENTS;
    private int announced;
    private int complete;
    private long bytes;
    private int lastRequestBytes;

    RequestDecoder(RespLimits limits) {
        this.limits = limits;
    }

    /**
     * Reads on.
     *
     * @return the arguments of the next request, at least one; or null when more bytes are needed
     * @throws ProtocolError if the input is malformed or too large; the decoder must not be used any more
     */
    byte @Nullable [][] next(ByteBuf in) {
        while (in.isReadable()) {
            switch (state) {
                case START -> {
                    if (in.getByte(in.readerIndex()) == '*') {
                        in.skipBytes(1);
                        state = State.ARGUMENT_COUNT;
                    } else {
                        byte[][] inline = InlineRequest.read(in, limits);
                        if (inline == null || inline.length > 0) {
                            lastRequestBytes = inline == null ? 0 : sum(inline);
                            return inline;
                        }
                    }
                }
                case ARGUMENT_COUNT -> {
                    if (!readCount(in)) {
                        return null;
                    }
                }
                case ARGUMENT_LENGTH -> {
                    if (!readLength(in)) {
                        return null;
                    }
                }
                case ARGUMENT_BYTES -> {
                    byte[] argument = bulk.read(in);
                    if (argument == null) {
                        return null;
                    }
                    if (add(argument)) {
                        return finish();
                    }
                }
            }
        }
        return null;
    }

    /** How many bytes the arguments of the last request have together. */
    int lastRequestBytes() {
        return lastRequestBytes;
    }

    /** How many arguments there is room for. */
    int capacity() {
        return arguments.length;
    }

    private boolean readCount(ByteBuf in) {
        long count = HeaderReader.number(in, "invalid multibulk length");
        if (count == HeaderReader.INCOMPLETE) {
            return false;
        }
        if (count > limits.maxArguments()) {
            throw new ProtocolError("invalid multibulk length");
        }
        if (count <= 0) {
            state = State.START; // As Redis: no request at all, and no answer.
            return true;
        }
        announced = (int) count;
        arguments = new byte[Math.min(announced, FIRST_ARGUMENTS)][];
        complete = 0;
        bytes = 0;
        state = State.ARGUMENT_LENGTH;
        return true;
    }

    private boolean readLength(ByteBuf in) {
        int start = in.readerIndex();
        byte type = in.getByte(start);
        if (type != '$') {
            throw new ProtocolError("expected '$', got '" + printable(type) + "'");
        }
        in.readerIndex(start + 1);
        long length = HeaderReader.number(in, "invalid bulk length");
        if (length == HeaderReader.INCOMPLETE) {
            in.readerIndex(start);
            return false;
        }
        if (length < 0 || length > limits.maxBulkBytes()) {
            throw new ProtocolError("invalid bulk length " + length + "; allowed: 0 to " + limits.maxBulkBytes());
        }
        bytes += length;
        if (bytes > limits.maxBulkBytes()) {
            throw new ProtocolError("too big request; allowed: " + limits.maxBulkBytes() + " bytes");
        }
        bulk.begin((int) length);
        state = State.ARGUMENT_BYTES;
        return true;
    }

    /** Returns whether this was the last one. */
    private boolean add(byte[] argument) {
        if (complete == arguments.length) {
            arguments = Arrays.copyOf(arguments, (int) Math.min(announced, complete * 2L));
        }
        arguments[complete++] = argument;
        state = State.ARGUMENT_LENGTH;
        return complete == announced;
    }

    private byte[][] finish() {
        byte[][] request = arguments;
        arguments = NO_ARGUMENTS;
        lastRequestBytes = (int) bytes;
        state = State.START;
        return request;
    }

    private static int sum(byte[][] words) {
        int sum = 0; // Bounded by the length of a line.
        for (byte[] word : words) {
            sum += word.length;
        }
        return sum;
    }

    private static char printable(byte b) {
        return b >= ' ' && b < 127 ? (char) b : '?';
    }
}
