package io.raftkv.raft.session;

/**
 * What the sessions of a group may take. The limits of the last session that was registered hold for all: they travel in the
 * log, as replicas with settings of their own would decide differently.
 *
 * @param maxSessions above, registering is refused; a session that lives is never given up for another one
 * @param maxResults how far the number of a command may be ahead of the first unacknowledged one
 * @param maxResultBytes of unacknowledged results of one session; above, only the command that is the first unacknowledged one
 *     is executed, so that the client gets on
 * @param maxTotalBytes of unacknowledged results of all sessions; above, nothing is executed that comes in a session
 */
public record SessionLimits(int maxSessions, int maxResults, int maxResultBytes, long maxTotalBytes) {
    /** Roomy for clients that pipeline, and bounded for a server with a small heap. */
    public static final SessionLimits DEFAULT = new SessionLimits(100_000, 1024, 64 << 10, 64 << 20);

    /** So that the table of a session stays small, however large the numbers are that a client makes up. */
    static final int MOST_RESULTS = 1 << 16;

    public SessionLimits {
        if (maxSessions < 1 || maxResults < 1 || maxResults > MOST_RESULTS || maxResultBytes < 1 || maxTotalBytes < 1) {
            throw new IllegalArgumentException("session limits must be at least 1, and maxResults at most "
                    + MOST_RESULTS + ": " + maxSessions + " sessions, " + maxResults + " results, " + maxResultBytes
                    + " bytes of " + maxTotalBytes);
        }
    }
}
