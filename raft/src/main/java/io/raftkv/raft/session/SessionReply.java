package io.raftkv.raft.session;

import org.jspecify.annotations.Nullable;

/**
 * What {@link SessionMachine} answers to a command of this package.
 *
 * @param session the id of the new session if {@link Status#REGISTERED}, else 0
 * @param result of the command if {@link Status#EXECUTED} or {@link Status#REPEATED}; how many sessions expired, as an Integer,
 *     if {@link Status#SESSIONS_EXPIRED}; else null
 */
public record SessionReply(
        Status status, long session, @Nullable Object result) {
    /** What became of a command. */
    public enum Status {
        /** The session exists from now on. */
        REGISTERED,
        /** The command was executed, for the first and only time. */
        EXECUTED,
        /** The command was executed before; this is the result that it had. */
        REPEATED,
        /** The session is no more. */
        CLOSED,
        /** Idle sessions were looked for. */
        SESSIONS_EXPIRED,

        /** Not registered: there are as many sessions as there may be. */
        TOO_MANY_SESSIONS,
        /** Not executed now: the session was closed or was idle too long. Whether it was executed earlier is forgotten. */
        NO_SESSION,
        /** Not executed now: the client said that it has the answer. A late copy, for which nobody waits. */
        ALREADY_ACKED,
        /** Not executed: the session has too much that is unacknowledged. Acknowledge, and send again. */
        WINDOW_FULL,
        /** Not executed: all sessions together have too much that is unacknowledged. Acknowledge, and send again later. */
        GROUP_FULL,
        /** Not executed: these bytes are no command, or one of a later release. */
        MALFORMED
    }

    static final SessionReply CLOSED = new SessionReply(Status.CLOSED, 0, null);
    static final SessionReply TOO_MANY_SESSIONS = new SessionReply(Status.TOO_MANY_SESSIONS, 0, null);
    static final SessionReply NO_SESSION = new SessionReply(Status.NO_SESSION, 0, null);
    static final SessionReply ALREADY_ACKED = new SessionReply(Status.ALREADY_ACKED, 0, null);
    static final SessionReply WINDOW_FULL = new SessionReply(Status.WINDOW_FULL, 0, null);
    static final SessionReply GROUP_FULL = new SessionReply(Status.GROUP_FULL, 0, null);
    static final SessionReply MALFORMED = new SessionReply(Status.MALFORMED, 0, null);
}
