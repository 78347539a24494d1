package io.raftkv.raft;

import org.jspecify.annotations.Nullable;

/**
 * Why a proposal or a read failed. Each case says whether the command may still be applied: {@link NotLeader},
 * {@link Busy}, {@link ChangeRefused}, {@link SessionExpired} and {@link Stopped} promise that it was not and never will be;
 * after {@link OutcomeUnknown} it may have been, or may yet be.
 */
public abstract sealed class RaftException extends Exception {
    private static final long serialVersionUID = 1L;

    RaftException(String message) {
        // No stack trace: these are answers, made on the hot path, not defects.
        super(message, null, false, false);
    }

    /** This replica does not lead. Nothing was appended; ask {@link #leader()}. */
    public static final class NotLeader extends RaftException {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial")
        private final @Nullable ReplicaId leader;

        /** One that names the leader, if it is known. */
        public NotLeader(@Nullable ReplicaId leader) {
            super(leader == null ? "no leader is known; retry in a moment" : "not the leader; ask " + leader);
            this.leader = leader;
        }

        /** The leader as far as this replica knows, or null. */
        public @Nullable ReplicaId leader() {
            return leader;
        }
    }

    /** A queue or a buffer is full. Nothing was appended; retry after {@link #retryAfterMs()}. */
    public static sealed class Busy extends RaftException {
        private static final long serialVersionUID = 1L;
        private final int retryAfterMs;

        /** One that says what is full. */
        public Busy(String what, int retryAfterMs) {
            super(what + "; retry in " + retryAfterMs + " ms");
            this.retryAfterMs = retryAfterMs;
        }

        /** When to try again. */
        public int retryAfterMs() {
            return retryAfterMs;
        }
    }

    /** The leader hands over to another replica, which takes a moment. Nothing was appended; ask again, here or there. */
    public static final class HandingOver extends Busy {
        private static final long serialVersionUID = 1L;

        /** One that says so of a group. */
        public HandingOver(long groupId) {
            super("group " + groupId + " hands over its leadership", 50);
        }
    }

    /** The command was appended and leadership was lost before its fate was known. Retry only what may run twice. */
    public static final class OutcomeUnknown extends RaftException {
        private static final long serialVersionUID = 1L;

        /** One that says why. */
        public OutcomeUnknown(String why) {
            super("the outcome is unknown: " + why);
        }
    }

    /** A change of members was not begun, or undone before it altered any majority. The group is as it was. */
    public static final class ChangeRefused extends RaftException {
        private static final long serialVersionUID = 1L;

        /** One that says why. */
        public ChangeRefused(String why) {
            super(why);
        }
    }

    /** The session of the command is gone, and no earlier try of it may have been executed. Open another session. */
    public static final class SessionExpired extends RaftException {
        private static final long serialVersionUID = 1L;

        public SessionExpired(String why) {
            super(why);
        }
    }

    /** The group is closed on this server, or its server stopped. Nothing was appended. */
    public static final class Stopped extends RaftException {
        private static final long serialVersionUID = 1L;

        /** One that says why. */
        public Stopped(String why) {
            super(why);
        }
    }
}
