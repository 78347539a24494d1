package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import java.io.IOException;

/**
 * Opens and drops this server's replicas; the seam between knowing which shards there are and running them.
 *
 * <p>Threads: the control thread, and before it runs the thread that starts the server; {@link #drop} any.
 */
public interface ShardOpener {
    /**
     * To be called before the first {@link #open}, with the same id always.
     *
     * @throws IOException if the data folder is damaged, in use, or belongs to another cluster
     */
    void start(String clusterId) throws IOException;

    /** Opens all replicas that the data folder holds. To be called once, after {@link #start}. */
    void openAll() throws IOException;

    /** Opens the replica that {@code genesis} gives to this server, unless it left the group since. */
    void open(Genesis genesis) throws IOException;

    /**
     * Opens a replica that a leader counts on, empty: it was added to its shard's group. Nothing happens if it is open or
     * cannot be yet; the leader goes on asking.
     */
    void openAdded(long groupId, ReplicaId added) throws IOException;

    /** Deletes a replica that left its group for good; its shard is elsewhere. Goes on without the caller. */
    void drop(ShardGroup shard);
}
