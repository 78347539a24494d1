package peers;

import java.nio.file.Path;

/** Three nodes of one system in this process, linked over loopback, each with a folder of its own, syncing what it writes. */
public interface Cluster extends AutoCloseable {
    int NODES = 3;

    /** Starts the nodes with that many groups of three, and returns when each group has a leader that serves. */
    void start(Path folder, int groups) throws Exception;

    /**
     * Proposes an entry at the leader of a group, without a client in between.
     *
     * @param entry not changed by anybody
     */
    void propose(int group, byte[] entry, Outcome outcome);

    /** Told once, on any thread: the entry is committed and applied at the leader, or it failed. */
    interface Outcome {
        void done(boolean applied);
    }
}
