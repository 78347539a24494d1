package io.raftkv.resp;

import io.netty.buffer.ByteBuf;

/** Reads what both decoders have in common: lines and the numbers in them. Threads: any, it has no state. */
final class HeaderReader {
    /** The answer if the line is not complete yet; the reader index was not moved. */
    static final long INCOMPLETE = Long.MIN_VALUE;

    // 20 digits and a sign, with room for leading zeros; a number without an end must not make us wait for ever.
    private static final int MAX_NUMBER_BYTES = 32;

    private HeaderReader() {}

    /**
     * Reads {@code [+-]digits CRLF}.
     *
     * @param complaint the text of the error if it is something else
     */
    static long number(ByteBuf in, String complaint) {
        int start = in.readerIndex();
        int available = in.writerIndex();
        int end = Math.min(available, start + MAX_NUMBER_BYTES);
        int at = start;
        byte sign = at < end ? in.getByte(at) : 0;
        if (sign == '-' || sign == '+') {
            at++;
        }
        int firstDigit = at;
        long value = 0; // Kept negative, as the range of negative numbers is the larger one.
        byte next = 0;
        while (at < end && (next = in.getByte(at)) >= '0' && next <= '9') {
            int digit = next - '0';
            if (value < Long.MIN_VALUE / 10 || value * 10 < Long.MIN_VALUE + digit) {
                throw new ProtocolError(complaint);
            }
            value = value * 10 - digit;
            at++;
        }
        if (at == available || next == '\r' && at + 1 == available) {
            return INCOMPLETE;
        }
        // The least long is refused as well: it serves as INCOMPLETE, and no header needs it.
        boolean isNumber = at > firstDigit && at < end && value != Long.MIN_VALUE;
        if (!isNumber || next != '\r' || in.getByte(at + 1) != '\n') {
            throw new ProtocolError(complaint);
        }
        in.readerIndex(at + 2);
        return sign == '-' ? value : -value;
    }

    /**
     * Finds the end of a line that begins at the reader index.
     *
     * @return its length without the CRLF, or -1 if it is not complete yet
     */
    static int lineLength(ByteBuf in, int maxBytes) {
        int start = in.readerIndex();
        int end = in.indexOf(start, Math.min(in.writerIndex(), start + maxBytes + 2), (byte) '\n');
        if (end < 0) {
            if (in.readableBytes() > maxBytes + 1) {
                throw new ProtocolError("too long line");
            }
            return -1;
        }
        if (end == start || in.getByte(end - 1) != '\r') {
            throw new ProtocolError("expected CRLF at the end of a line");
        }
        return end - 1 - start;
    }
}
