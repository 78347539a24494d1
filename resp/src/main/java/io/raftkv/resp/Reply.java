package io.raftkv.resp;

import org.jspecify.annotations.Nullable;

/**
 * The place of one answer in the order of a connection's answers. Exactly one call to exactly one of its writing
 * methods is due; a second one is an {@link IllegalStateException}. Answers leave in the order of the requests: one
 * that is ready before its turn is kept. What becomes ready within one turn of the loop leaves with one flush.
 *
 * <p>Threads: the connection's loop; a call from any other thread is handed over to it, and a second call is then
 * logged there.
 */
public interface Reply {
    /** Answers with any value but a {@link RespValue.Push}. */
    void send(RespValue value);

    /** Answers {@code +OK}. */
    void ok();

    /** Answers with a short text without line breaks. */
    void simple(String text);

    /** Answers with an error; {@code messageWithCode} begins with the code, as in {@code ERR syntax error}. */
    void error(String messageWithCode);

    /** Answers with an integer. */
    void integer(long value);

    /** Answers with these bytes, whose ownership passes; null is the same as {@link #nil}. */
    void bulk(byte @Nullable [] bytes);

    /** Answers with null. */
    void nil();

    /** The connection that asked. */
    RespConnection connection();
}
