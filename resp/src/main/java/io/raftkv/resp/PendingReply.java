package io.raftkv.resp;

import org.jspecify.annotations.Nullable;

/**
 * One place in a {@link ReplyQueue}. It is made anew for each request and never used again, so that a second answer is
 * always noticed and can never become the answer to another request.
 *
 * <p>Threads: the connection's loop; calls from others are handed over.
 */
final class PendingReply implements Reply {
    /** The place behind this one. */
    @Nullable
    PendingReply next;

    /** The answer, if it came before its turn. */
    @Nullable
    RespValue kept;

    /** What this place holds in memory: the request's bytes, and the kept answer's. */
    long bytes;

    private final ServerConnection connection;
    private boolean answered;

    PendingReply(ServerConnection connection, long requestBytes) {
        this.connection = connection;
        this.bytes = requestBytes;
    }

    boolean isAnswered() {
        return answered;
    }

    @Override
    public void send(RespValue value) {
        if (value instanceof RespValue.Push) {
            throw new IllegalArgumentException("a push is no answer");
        }
        if (isTurn()) {
            connection.encoder().value(value);
            connection.replies().headWritten();
        } else {
            later(value);
        }
    }

    @Override
    public void ok() {
        if (isTurn()) {
            connection.encoder().ok();
            connection.replies().headWritten();
        } else {
            later(RespValue.ok());
        }
    }

    @Override
    public void simple(String text) {
        if (isTurn()) {
            connection.encoder().simple(text);
            connection.replies().headWritten();
        } else {
            later(RespValue.simple(text));
        }
    }

    @Override
    public void error(String messageWithCode) {
        if (isTurn()) {
            connection.encoder().error(messageWithCode);
            connection.replies().headWritten();
        } else {
            later(RespValue.error(messageWithCode));
        }
    }

    @Override
    public void integer(long value) {
        if (isTurn()) {
            connection.encoder().integer(value);
            connection.replies().headWritten();
        } else {
            later(RespValue.integer(value));
        }
    }

    @Override
    public void bulk(byte @Nullable [] bytesOrNull) {
        if (bytesOrNull == null) {
            nil();
        } else if (isTurn()) {
            connection.encoder().bulk(bytesOrNull);
            connection.replies().headWritten();
        } else {
            later(RespValue.bulk(bytesOrNull));
        }
    }

    @Override
    public void nil() {
        if (isTurn()) {
            connection.encoder().nil();
            connection.replies().headWritten();
        } else {
            later(RespValue.nil());
        }
    }

    @Override
    public RespConnection connection() {
        return connection;
    }

    /** Whether the answer can be written at once. On the loop, this uses up the one call that is due. */
    private boolean isTurn() {
        if (!connection.eventLoop().inEventLoop()) {
            return false;
        }
        if (answered) {
            throw new IllegalStateException("a second answer to one request");
        }
        answered = true;
        return connection.replies().isHead(this);
    }

    private void later(RespValue value) {
        if (connection.eventLoop().inEventLoop()) {
            connection.replies().keep(this, value);
        } else {
            connection.handOver(() -> send(value));
        }
    }
}
