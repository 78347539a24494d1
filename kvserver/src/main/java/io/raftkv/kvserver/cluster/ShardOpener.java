package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import java.io.IOException;

/**
 * Opens this server's replicas; the seam between knowing which shards there are and running them.
 *
 * <p>Threads: the control thread, and before it runs the thread that starts the server.
 */
public interface ShardOpener {
    /**
     * To be called before the first {@link #open}, with the same id always.
     *
     * @throws IOException if the data folder is damaged, in use, or belongs to another cluster
     */
    void start(String clusterId) throws IOException;

    /** Opens the replica that {@code genesis} gives to this server, and puts it into the table. */
    void open(Genesis genesis) throws IOException;
}
