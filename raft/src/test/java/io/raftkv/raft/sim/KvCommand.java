package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;

/**
 * What a client asks of {@link SimKv}. Every value that is written is unique in the run, and {@code APPEND} joins values
 * with a comma, so a state tells which writes made it.
 *
 * @param value null for GET and DELETE
 * @param expected the state in which CAS takes effect, null for a missing key
 */
record KvCommand(Kind kind, String key, String value, String expected) {
    enum Kind {
        GET,
        PUT,
        APPEND,
        CAS,
        DELETE
    }

    private static final String SEPARATOR = "|";
    private static final String MISSING = "-";

    /** The state of the key after this command, given the one before; null is a missing key. */
    String applyTo(String before) {
        return switch (kind) {
            case GET -> before;
            case PUT -> value;
            case APPEND -> before == null ? value : before + "," + value;
            case CAS -> java.util.Objects.equals(before, expected) ? value : before;
            case DELETE -> null;
        };
    }

    @Override
    public String toString() {
        return kind + " " + key + (value == null ? "" : " " + value) + (kind == Kind.CAS ? " if " + expected : "");
    }

    Bytes encode() {
        return Bytes.utf8(String.join(SEPARATOR, kind.name(), key, orMissing(value), orMissing(expected)));
    }

    static KvCommand decode(Bytes bytes) {
        String[] parts = bytes.toUtf8().split("\\|", -1);
        return new KvCommand(Kind.valueOf(parts[0]), parts[1], orNull(parts[2]), orNull(parts[3]));
    }

    private static String orMissing(String text) {
        return text == null ? MISSING : text;
    }

    private static String orNull(String text) {
        return text.equals(MISSING) ? null : text;
    }
}
