package io.raftkv.kvserver.command;

import java.nio.charset.StandardCharsets;

/** Integers as Redis reads them from text: no sign but one minus, no blanks, no leading zeros, 64 bits. */
final class Decimal {
    private static final int MAX_DIGITS = 20;

    private Decimal() {}

    static boolean isInteger(byte[] text) {
        if (text.length == 0 || text.length > MAX_DIGITS) {
            return false;
        }
        int at = text[0] == '-' ? 1 : 0;
        if (at == text.length || text[at] == '0' && text.length > 1) {
            return false;
        }
        long negative = 0; // The negative range is the larger one.
        for (; at < text.length; at++) {
            int digit = text[at] - '0';
            if (digit < 0 || digit > 9 || negative < (Long.MIN_VALUE + digit) / 10) {
                return false;
            }
            negative = negative * 10 - digit;
        }
        return text[0] == '-' || negative != Long.MIN_VALUE;
    }

    /** The value of a text for which {@link #isInteger} holds. */
    static long valueOf(byte[] text) {
        boolean minus = text[0] == '-';
        long negative = 0;
        for (int at = minus ? 1 : 0; at < text.length; at++) {
            negative = negative * 10 - (text[at] - '0');
        }
        return minus ? negative : -negative;
    }

    static byte[] bytesOf(long value) {
        return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
    }

    static long parse(byte[] text) throws CommandException {
        return parse(text, Errors.NOT_AN_INTEGER);
    }

    static long parse(byte[] text, String error) throws CommandException {
        if (!isInteger(text)) {
            throw new CommandException(error);
        }
        return valueOf(text);
    }
}
