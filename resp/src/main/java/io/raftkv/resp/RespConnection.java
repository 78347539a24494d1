package io.raftkv.resp;

import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, as its server sees it.
 *
 * <p>Threads: the connection's loop, but for {@link #id}, {@link #protocol}, {@link #name}, {@link #push}, {@link
 * #close}, {@link #closeAfterReplies}, {@link #eventLoop}, {@link #remoteAddress} and {@link #peers}, which any thread
 * may call.
 */
public interface RespConnection {
    /** A number that no other connection of this server had or will have. */
    long id();

    /** 2 or 3; 2 at first. */
    int protocol();

    /** Takes effect with the next value that is written. */
    void setProtocol(int protocol);

    /** The name that the client gave itself, or null. */
    @Nullable
    String name();

    /** Sets the name; the empty string takes it away. */
    void setName(String name);

    /**
     * What was attached last. It is null if nothing was; whoever may meet that case receives it in a variable that is
     * nullable.
     */
    @SuppressWarnings("TypeParameterUnusedInFormals") // Saves a cast at each of the many callers, who know the type.
    <T extends @Nullable Object> T attachment();

    /** Keeps an object for the handler, in place of the one before. */
    void attach(@Nullable Object attachment);

    /**
     * Sends a message out of order. It is dropped if the connection is closed, and closes the connection if the peer
     * reads so slowly that too much waits for it.
     *
     * @throws IllegalStateException if the connection does not speak protocol 3
     */
    void push(RespValue.Push push);

    /** Takes no further command, and closes when all replies that are due were written. */
    void closeAfterReplies();

    /** Closes at once; replies that are due are dropped. */
    void close();

    /** The loop this connection belongs to. */
    EventLoop eventLoop();

    /** The client's address. */
    SocketAddress remoteAddress();

    /** Commands that were taken and whose answers were not written yet. */
    int pendingReplies();

    /** All open connections of the same server, this one among them. */
    default Collection<RespConnection> peers() {
        return List.of(this);
    }
}
