package io.raftkv.raft.core;

/**
 * Judges whether a new replica keeps up with the group (Raft §4.2.1). A round lasts until the replica holds all that the
 * leader's log held when the round began; two quick rounds in a row mean that it is no further behind than a round is
 * long. One would not do: the first one may have begun with an empty log.
 *
 * <p>Threads: the group's loop.
 */
final class CatchUp {
    private static final int QUICK_ROUNDS = 2;

    private long goal = -1;
    private long beganNanos;
    private int quickRounds;

    /** The replica answered that it agrees up to {@code matchIndex}. Ends at most one round. */
    void matched(long matchIndex, long lastIndex, long nowNanos, long quickNanos) {
        if (matchIndex < goal) {
            return;
        }
        if (goal >= 0) {
            quickRounds = nowNanos - beganNanos <= quickNanos ? quickRounds + 1 : 0;
        }
        goal = lastIndex;
        beganNanos = nowNanos;
    }

    boolean keepsUp() {
        return quickRounds >= QUICK_ROUNDS;
    }
}
