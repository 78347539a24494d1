package io.raftkv.raft.driver;

/**
 * What a {@link RaftNode} holds at one moment.
 *
 * @param groups that are open
 * @param sleepingGroups of these
 * @param heldBytes of commands that were taken and not answered yet; 0 when nobody waits for anything
 * @param cachedBytes of entries in memory, as of the last turn of each group; 0 when all groups sleep
 * @param logQueuedBytes that wait for the disk
 */
public record NodeStatus(int groups, int sleepingGroups, long heldBytes, long cachedBytes, long logQueuedBytes) {}
