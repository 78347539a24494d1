package io.raftkv.raft.transport;

import java.nio.ByteBuffer;

/**
 * Carries frames between servers. A frame holds the messages of all groups that one server has for another in one turn;
 * its bytes mean nothing to the transport.
 *
 * <p>A transport may lose, delay and (between links) repeat or reorder frames. It must not corrupt them, must not invent
 * them, and must deliver a frame only from the server whose id it names, in a cluster of the same id.
 *
 * <p>Threads: {@link #send} is called from any event loop and never blocks: a frame that does not fit into the queue of
 * its peer is dropped, which Raft repairs.
 */
public interface Transport extends AutoCloseable {
    /** Starts to receive. Called once, before any {@link #send}. */
    void start(Receiver receiver);

    /**
     * Sends {@code frame} (from position to limit; owned by the transport from here on). A transport that has one way only
     * may use it for both lanes; then a snapshot slows down everything else.
     */
    void send(long server, Lane lane, ByteBuffer frame);

    /**
     * Bytes that wait for {@code server} in {@link Lane#CONTROL}; the driver builds no new appends for it above a limit.
     */
    long queuedBytes(long server);

    @Override
    void close();

    /** Takes what arrives. Threads: any; implementations hand over to the loops. */
    interface Receiver {
        /** {@code frame} is owned by the receiver from here on. */
        void received(long server, ByteBuffer frame);

        /** The link to {@code server} came up, or broke: a hint only. */
        void linkChanged(long server, boolean up);
    }
}
