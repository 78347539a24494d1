package io.raftkv.raft.transport;

/**
 * The two classes of traffic between two servers. What travels in one must not wait for what travels in the other, so that
 * no snapshot, however large, holds up a heartbeat. There is no order between them.
 */
public enum Lane {
    /** All that keeps groups alive and writes going. */
    CONTROL,
    /** Pieces of snapshots: large, and in no hurry. */
    BULK
}
