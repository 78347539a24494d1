package io.raftkv.kvserver.shard;

import io.raftkv.raft.session.SessionReply;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A session in the words of a client: {@code <group>-<number>}, both decimal. The number alone is unique within its group only;
 * with the group, a client that mixes up its shards is told so in place of meeting the session of somebody else.
 *
 * @param group the Raft group that keeps it
 * @param session its number there
 */
public record SessionToken(long group, long session) {
    /** As many as two numbers of 64 bits and the sign between them have. */
    private static final int MAX_CHARS = 39;

    private static final RespValue EXPIRED =
            RespValue.error("SESSIONEXPIRED the session was closed or was idle for too long;"
                    + " nothing was executed now, and whether it was before is not known any more");
    private static final RespValue ACKED = RespValue.error(
            "ALREADYACKED a later command said that the answer to this one was had; nothing was executed now");
    private static final RespValue WINDOW_FULL = RespValue.error(
            "BUSY the session has too many answers that are not acknowledged; nothing was executed, send it again with a"
                    + " higher ackedBelow");
    private static final RespValue GROUP_FULL = RespValue.error(
            "BUSY the sessions of the shard have too many answers that are not acknowledged; nothing was executed, send it"
                    + " again after a pause");
    private static final RespValue TOO_MANY = RespValue.error(
            "BUSY the shard has as many sessions as it may; close some, or try again when some have expired");

    /** What a client wrote, or null if it cannot have been told that. */
    public static @Nullable SessionToken parse(byte[] text) {
        int dash = 0;
        while (dash < text.length && text[dash] != '-') {
            dash++;
        }
        if (text.length > MAX_CHARS || dash == 0 || dash + 1 >= text.length) {
            return null;
        }
        long group = number(text, 0, dash);
        long session = number(text, dash + 1, text.length);
        return group < 0 || session < 1 ? null : new SessionToken(group, session);
    }

    /** The digits of {@code text[from, to)} as a number, or -1. */
    private static long number(byte[] text, int from, int to) {
        long number = 0;
        for (int i = from; i < to; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9 || number > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** The shard of the group: its id is the generation and, in the lower 32 bits, this. */
    public int shard() {
        return (int) group;
    }

    byte[] text() {
        return (group + "-" + session).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** What a client is told of what became of its command. */
    static RespValue answer(SessionReply reply, long group) {
        return switch (reply.status()) {
            case REGISTERED -> RespValue.bulk(new SessionToken(group, reply.session()).text());
            case EXECUTED, REPEATED -> (RespValue) Objects.requireNonNull(reply.result());
            case CLOSED -> RespValue.ok();
            case TOO_MANY_SESSIONS -> TOO_MANY;
            case NO_SESSION -> EXPIRED;
            case ALREADY_ACKED -> ACKED;
            case WINDOW_FULL -> WINDOW_FULL;
            case GROUP_FULL -> GROUP_FULL;
            case SESSIONS_EXPIRED, MALFORMED ->
                throw new IllegalStateException("a client's command was answered with " + reply);
        };
    }
}
