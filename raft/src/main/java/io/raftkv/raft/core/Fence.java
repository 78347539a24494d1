package io.raftkv.raft.core;

/**
 * On a leader, for one follower: the entry which that follower must hold before it counts, if it said that its disk lost
 * what it had promised (see {@link Recovering}). The entry is appended after the follower said so, and is committed
 * without it.
 *
 * <p>Threads: the group's loop.
 */
final class Fence {
    /** Of the life of the follower that lost something; 0 if none did in this term. */
    private long nonce;

    private long index;
    private boolean up;

    /** Whether the follower counts: in commits, for reads, and in the check of the quorum. */
    boolean isOpen() {
        return !up;
    }

    /** Whether this life of the follower is known already. */
    boolean knows(long recoveryNonce) {
        return nonce == recoveryNonce;
    }

    void raise(long recoveryNonce, long entryIndex) {
        nonce = recoveryNonce;
        index = entryIndex;
        up = true;
    }

    long index() {
        return index;
    }

    /** Opens if the follower holds the entry and the others committed it; returns whether it just did. */
    boolean opens(long matchIndex, long commitIndex) {
        boolean opens = up && matchIndex >= index && commitIndex >= index;
        up &= !opens;
        return opens;
    }
}
