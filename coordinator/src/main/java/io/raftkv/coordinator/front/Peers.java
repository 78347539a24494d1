package io.raftkv.coordinator.front;

import java.nio.ByteBuffer;

/** The other nodes, for requests on their way to the leader. Threads: the group's loop. */
public interface Peers {
    /** Sends a request; returns false if it was dropped. */
    boolean sendRequest(long node, ByteBuffer body);

    /** Sends an answer. One that is lost is asked for again. */
    void sendReply(long node, ByteBuffer body);

    /** What to call a node in logs: its address, if that is known. */
    String name(long node);

    /** Why there is no leader, in words. */
    String whyNoLeader();
}
