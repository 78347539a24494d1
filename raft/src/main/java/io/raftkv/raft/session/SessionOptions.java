package io.raftkv.raft.session;

/**
 * How a {@link Session} behaves.
 *
 * @param window commands under way at most; more are refused as Busy at once. Not above {@link SessionLimits#maxResults}
 * @param patienceMs how long one command is tried, over all tries: longer than an election takes, shorter than the session
 *     would live without it
 * @param maxCommandBytes larger ones are not taken; below the limit of the group, see {@code RaftOptions.maxCommandBytes}
 */
public record SessionOptions(int window, int patienceMs, int maxCommandBytes) {
    public static final SessionOptions DEFAULT = new SessionOptions(128, 10_000, 8 << 20);

    public SessionOptions {
        if (window < 1 || window > SessionLimits.MOST_RESULTS || patienceMs < 1 || maxCommandBytes < 0) {
            throw new IllegalArgumentException("window " + window + ", need 1 to " + SessionLimits.MOST_RESULTS
                    + "; patience " + patienceMs + " ms, need at least 1; command bytes " + maxCommandBytes
                    + ", need at least 0");
        }
    }
}
