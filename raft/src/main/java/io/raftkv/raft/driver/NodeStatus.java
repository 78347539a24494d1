package io.raftkv.raft.driver;

/**
 * What a {@link RaftNode} holds at one moment.
 *
 * @param groups that are open
 * @param sleepingGroups of these
 * @param heldBytes of commands that were taken and not answered yet; 0 when nobody waits for anything
 * @param logQueuedBytes that wait for the disk
 */
public record NodeStatus(int groups, int sleepingGroups, long heldBytes, long logQueuedBytes) {}
