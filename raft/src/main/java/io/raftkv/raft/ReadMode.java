package io.raftkv.raft;

/** Who serves a read. In every mode it sees all that was acknowledged before it was asked for. */
public enum ReadMode {
    /** The leader, once a majority confirmed after the read came that it still leads (Raft §6.4). */
    LEADER,
    /**
     * This replica, whatever its role, learners too: it asks the leader for the index from which the read may be served, and
     * waits until it has applied so far. Takes load from the leader; slower by a round trip.
     */
    ANY
}
