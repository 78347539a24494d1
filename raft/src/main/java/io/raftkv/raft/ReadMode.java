package io.raftkv.raft;

/** Who serves a read. In every mode it sees all that was acknowledged before it was asked for. */
public enum ReadMode {
    /** The leader, once a majority confirmed after the read came that it still leads (Raft §6.4). */
    LEADER,
    /**
     * As {@link #LEADER}, but in a group whose {@link Configuration#leaseReads} is set the leader asks nobody as long as a
     * majority keeps its word not to elect another one (Raft §6.4.1): no way to the followers and back for reads. Without a
     * lease, as after a hand-over, it asks.
     *
     * <p>This trusts the monotonic clocks of the servers to run within 5 % of real time. A virtual machine that is suspended, or
     * moved while it runs, may have a clock that stands still meanwhile: there do not use leases.
     */
    LEASE,
    /**
     * This replica, whatever its role, learners too: it asks the leader for the index from which the read may be served, and
     * waits until it has applied so far. Takes load from the leader; slower by a round trip.
     */
    ANY
}
