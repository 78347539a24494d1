package io.raftkv.resp;

/**
 * What a server does with its connections and their commands. There is one per server; what it knows of a connection
 * goes to {@link RespConnection#attach}.
 *
 * <p>Threads: each call comes on the connection's event loop, so calls for different connections come at once. Nothing
 * here may block.
 */
public interface RespHandler {
    /** A connection was opened. Called once, before any other call for it. */
    default void connected(RespConnection connection) {}

    /**
     * A command came. Exactly one method of {@code reply} must be called, now or later, whatever happens.
     *
     * @param args at least one; {@code args[0]} is the name as it was sent. The handler owns them, but must not write
     *     into an empty array, which may be shared.
     */
    void command(RespConnection connection, byte[][] args, Reply reply);

    /** A connection was closed. Called once and last; replies that come after are dropped. */
    default void disconnected(RespConnection connection) {}
}
