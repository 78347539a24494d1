package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import java.nio.ByteBuffer;

/**
 * The commands that {@link SessionMachine} takes, as bytes.
 *
 * <pre>
 * u8 version = 1 | u8 kind | fields
 * 0 plain      command of the wrapped state machine
 * 1 register   u32 most sessions | u32 most results | u32 most result bytes | u64 most bytes of all | label, UTF-8
 * 2 command    u64 session | u64 sequence, from 1 | u64 acknowledged below | command of the wrapped state machine
 * 3 close      u64 session
 * 4 expire     u64 ttl, ms | u32 at most so many
 * </pre>
 *
 * Register and expire carry what the group goes by, so a server builds them by itself and never takes them from a client.
 * Threads: any, it has no state.
 */
public final class SessionCommand {
    static final int PLAIN = 0;
    static final int REGISTER = 1;
    static final int COMMAND = 2;
    static final int CLOSE = 3;
    static final int EXPIRE = 4;
    static final int MALFORMED = -1;

    /** Longer ones are refused; a label is for people who look at the sessions of a server. */
    public static final int MAX_LABEL_BYTES = 255;

    /** No client gets there; so sums of sequences do not overflow. */
    static final long MAX_SEQUENCE = 1L << 62;

    private static final byte VERSION = 1;
    private static final int HEADER_BYTES = 2;
    private static final int LABEL_AT = HEADER_BYTES + 3 * Integer.BYTES + Long.BYTES;
    private static final int COMMAND_AT = HEADER_BYTES + 3 * Long.BYTES;
    private static final int CLOSE_BYTES = HEADER_BYTES + Long.BYTES;
    private static final int EXPIRE_BYTES = HEADER_BYTES + Long.BYTES + Integer.BYTES;

    /** The room that {@link #plainAround} and {@link #commandAround} need before a command. */
    public static final int ROOM_BYTES = COMMAND_AT;

    private SessionCommand() {}

    /** A command without a session: it is handed through, and is executed as often as it is sent. */
    public static Bytes plain(Bytes command) {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + command.length());
        putHeader(out, PLAIN);
        command.putTo(out);
        return Bytes.wrap(out.array());
    }

    /**
     * As {@link #plain}, without a copy.
     *
     * @param array the command from {@link #ROOM_BYTES} to the end; it passes to the result
     */
    public static Bytes plainAround(byte[] array) {
        int start = ROOM_BYTES - HEADER_BYTES;
        putHeader(ByteBuffer.wrap(array, start, HEADER_BYTES), PLAIN);
        return Bytes.wrap(array, start, array.length - start);
    }

    /** Asks for a session. Sent twice, there are two; the one that is not used expires. */
    public static Bytes register(String label, SessionLimits limits) {
        Bytes text = Bytes.utf8(label);
        if (text.length() > MAX_LABEL_BYTES) {
            throw new IllegalArgumentException(
                    "a label of " + text.length() + " bytes is longer than " + MAX_LABEL_BYTES);
        }
        ByteBuffer out = ByteBuffer.allocate(LABEL_AT + text.length());
        putHeader(out, REGISTER);
        out.putInt(limits.maxSessions()).putInt(limits.maxResults()).putInt(limits.maxResultBytes());
        out.putLong(limits.maxTotalBytes());
        text.putTo(out);
        return Bytes.wrap(out.array());
    }

    /**
     * A command to be executed once.
     *
     * @param sequence from 1, a number of its own for each command of the session; never one that was used for another command
     * @param ackedBelow the client has the answers of all commands below, or gave them up; at most {@code sequence}
     */
    public static Bytes command(long session, long sequence, long ackedBelow, Bytes command) {
        ByteBuffer out = ByteBuffer.allocate(COMMAND_AT + command.length());
        out.position(COMMAND_AT);
        command.putTo(out);
        return commandAround(out.array(), session, sequence, ackedBelow);
    }

    /**
     * As {@link #command}, without a copy.
     *
     * @param array the command from {@link #ROOM_BYTES} to the end; it passes to the result
     */
    public static Bytes commandAround(byte[] array, long session, long sequence, long ackedBelow) {
        if (!areNumbers(sequence, ackedBelow)) {
            throw new IllegalArgumentException("sequence " + sequence + ", acknowledged below " + ackedBelow
                    + ": need 1 <= acknowledged below <= sequence <= 2^62");
        }
        ByteBuffer out = ByteBuffer.wrap(array);
        putHeader(out, COMMAND);
        out.putLong(session).putLong(sequence).putLong(ackedBelow);
        return Bytes.wrap(array);
    }

    /** Whether a command may have these numbers. */
    public static boolean areNumbers(long sequence, long ackedBelow) {
        return ackedBelow >= 1 && ackedBelow <= sequence && sequence <= MAX_SEQUENCE;
    }

    /** Ends a session; nothing happens if there is none. */
    public static Bytes close(long session) {
        ByteBuffer out = ByteBuffer.allocate(CLOSE_BYTES);
        putHeader(out, CLOSE);
        out.putLong(session);
        return Bytes.wrap(out.array());
    }

    /** Ends up to {@code most} sessions that were idle for longer than {@code ttlMs} of log time when this is applied. */
    public static Bytes expire(long ttlMs, int most) {
        if (ttlMs < 1 || most < 1) {
            throw new IllegalArgumentException("ttl " + ttlMs + " ms, at most " + most + " sessions");
        }
        ByteBuffer out = ByteBuffer.allocate(EXPIRE_BYTES);
        putHeader(out, EXPIRE);
        out.putLong(ttlMs).putInt(most);
        return Bytes.wrap(out.array());
    }

    private static void putHeader(ByteBuffer out, int kind) {
        out.put(VERSION).put((byte) kind);
    }

    // What the machine reads. Nothing is allocated for a command but the slice of its payload.

    /** One of the kinds above, if {@code bytes} has all fields of it and they make sense; else {@link #MALFORMED}. */
    static int kindOf(Bytes bytes) {
        if (bytes.length() < HEADER_BYTES || bytes.byteAt(0) != VERSION) {
            return MALFORMED;
        }
        int kind = bytes.byteAt(1);
        boolean wellFormed =
                switch (kind) {
                    case PLAIN -> true;
                    case REGISTER ->
                        bytes.length() >= LABEL_AT && bytes.length() <= LABEL_AT + MAX_LABEL_BYTES && areLimits(bytes);
                    case COMMAND -> bytes.length() >= COMMAND_AT && areNumbers(sequence(bytes), ackedBelow(bytes));
                    case CLOSE -> bytes.length() == CLOSE_BYTES;
                    case EXPIRE -> bytes.length() == EXPIRE_BYTES && ttlMs(bytes) >= 1 && most(bytes) >= 1;
                    default -> false;
                };
        return wellFormed ? kind : MALFORMED;
    }

    static Bytes payload(int kind, Bytes bytes) {
        return bytes.slice(kind == PLAIN ? HEADER_BYTES : COMMAND_AT, bytes.length());
    }

    static Bytes label(Bytes bytes) {
        return bytes.slice(LABEL_AT, bytes.length()).compact();
    }

    static SessionLimits limits(Bytes bytes) {
        return new SessionLimits(
                intAt(bytes, HEADER_BYTES),
                intAt(bytes, HEADER_BYTES + 4),
                intAt(bytes, HEADER_BYTES + 8),
                longAt(bytes, HEADER_BYTES + 12));
    }

    private static boolean areLimits(Bytes bytes) {
        return intAt(bytes, HEADER_BYTES) >= 1
                && intAt(bytes, HEADER_BYTES + 4) >= 1
                && intAt(bytes, HEADER_BYTES + 4) <= SessionLimits.MOST_RESULTS
                && intAt(bytes, HEADER_BYTES + 8) >= 1
                && longAt(bytes, HEADER_BYTES + 12) >= 1;
    }

    static long session(Bytes bytes) {
        return longAt(bytes, HEADER_BYTES);
    }

    static long sequence(Bytes bytes) {
        return longAt(bytes, HEADER_BYTES + Long.BYTES);
    }

    static long ackedBelow(Bytes bytes) {
        return longAt(bytes, HEADER_BYTES + 2 * Long.BYTES);
    }

    static long ttlMs(Bytes bytes) {
        return longAt(bytes, HEADER_BYTES);
    }

    static int most(Bytes bytes) {
        return intAt(bytes, HEADER_BYTES + Long.BYTES);
    }

    private static int intAt(Bytes bytes, int at) {
        int value = 0;
        for (int i = at; i < at + Integer.BYTES; i++) {
            value = value << 8 | bytes.byteAt(i) & 0xff;
        }
        return value;
    }

    private static long longAt(Bytes bytes, int at) {
        return (long) intAt(bytes, at) << 32 | intAt(bytes, at + Integer.BYTES) & 0xffff_ffffL;
    }
}
