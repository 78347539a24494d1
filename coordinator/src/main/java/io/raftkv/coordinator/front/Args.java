package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.state.Refusal;
import io.raftkv.raft.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** The arguments of a command, the name at 0. What does not fit is refused with its place. */
final class Args {
    private final byte[][] args;

    Args(byte[][] args) {
        this.args = args;
    }

    int size() {
        return args.length;
    }

    String text(int i) {
        return new String(args[i], StandardCharsets.UTF_8);
    }

    String word(int i) {
        return text(i).toUpperCase(Locale.ROOT);
    }

    Bytes bytes(int i) {
        return Bytes.wrap(args[i]);
    }

    byte[] raw(int i) {
        return args[i];
    }

    int integer(int i) {
        long value = number(i);
        if (value != (int) value) {
            throw new Refusal("ERR argument " + i + " is out of range: " + value);
        }
        return (int) value;
    }

    long number(int i) {
        try {
            return Long.parseLong(text(i));
        } catch (NumberFormatException e) {
            throw new Refusal("ERR argument " + i + " must be an integer, not '" + shown(i) + "'");
        }
    }

    long hex(int i) {
        try {
            return Long.parseUnsignedLong(text(i), 16);
        } catch (NumberFormatException e) {
            throw new Refusal("ERR argument " + i + " must be a hexadecimal id, not '" + shown(i) + "'");
        }
    }

    /** A node's address in its normal form, or its id. */
    String node(int i) {
        String text = text(i);
        return text.indexOf(':') >= 0 ? Node.normalAddress(text) : Long.toHexString(hex(i));
    }

    private String shown(int i) {
        String text = text(i);
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }

    /** The arguments from {@code from} on. */
    byte[][] from(int from) {
        return Arrays.copyOfRange(args, from, args.length);
    }
}
