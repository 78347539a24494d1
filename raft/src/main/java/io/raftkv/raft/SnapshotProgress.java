package io.raftkv.raft;

/**
 * How far a snapshot is on its way to a follower.
 *
 * @param heldBytes what the follower said it holds, at most {@code totalBytes}
 */
public record SnapshotProgress(long heldBytes, long totalBytes) {}
