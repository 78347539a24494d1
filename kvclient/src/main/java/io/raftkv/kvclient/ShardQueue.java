package io.raftkv.kvclient;

import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one shard on their way into its session. A write needs a session, which the first one opens, and a number in it,
 * which it keeps until its end over all its attempts. While the session is being opened, or has no number left, writes wait,
 * and reads behind them, so that calls are sent in their order.
 *
 * <p>Whatever keeps the session from being opened is taken for the answer to all that wait: it was not sent, so each follows
 * MOVED or tries again later.
 *
 * <p>Threads: the client's loop.
 */
final class ShardQueue {
    private static final byte[] SESSION = KvAsync.bytes("RKV.SESSION");
    private static final byte[] OPEN = KvAsync.bytes("OPEN");
    private static final byte[] CLOSE = KvAsync.bytes("CLOSE");
    private static final Call[] NONE = {};

    private final Dispatcher dispatcher;
    private final ArrayDeque<Call> waiting = new ArrayDeque<>();
    private @Nullable Session session;
    private boolean opening;

    ShardQueue(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    /** Whether {@code call}, which is about to be sent to {@code server}, may be; if not it is attempted again when it may. */
    boolean admits(Call call, RespClient client, HostPort server) {
        if (waiting.isEmpty() && hasPlaceFor(call)) {
            call.admit(session);
            return true;
        }
        waiting.add(call);
        if (session == null && !opening) {
            open(call.key(), client, server);
        }
        return false;
    }

    private boolean hasPlaceFor(Call call) {
        return !call.needsSession() || session != null && !session.isFull();
    }

    private void open(byte[] key, RespClient client, HostPort server) {
        opening = true;
        CompletableFuture<RespValue> answer = client.send(SESSION, OPEN, key);
        answer.orTimeout(dispatcher.config().requestTimeoutMs(), TimeUnit.MILLISECONDS)
                .whenComplete((reply, failure) -> dispatcher.onLoop(() -> opened(key, server, reply, failure)));
    }

    private void opened(byte[] key, HostPort server, @Nullable RespValue reply, @Nullable Throwable failure) {
        opening = false;
        if (reply instanceof RespValue.Bulk name) {
            session = new Session(name.bytes(), key);
            release();
            return;
        }
        for (Call call : takeWaiting()) {
            if (!call.needsSession()) {
                call.attempt();
            } else if (reply instanceof RespValue.Error error) {
                call.notSent(error, server);
            } else {
                call.notSent(failure, server);
            }
        }
    }

    /** A number of {@code of} came free. */
    void ended(Session of, long sequence) {
        of.ended(sequence);
        if (of == session) {
            release();
        }
    }

    /** The server does not know the session any more; the next write opens another one. */
    void expired(Session old) {
        if (old == session) {
            session = null;
            for (Call call : takeWaiting()) {
                call.attempt();
            }
        }
    }

    private void release() {
        for (Call head = waiting.peek(); head != null && (head.isEnded() || hasPlaceFor(head)); head = waiting.peek()) {
            waiting.remove();
            if (!head.isEnded()) {
                head.admit(session);
                head.attempt();
            }
        }
    }

    private Call[] takeWaiting() {
        Call[] calls = waiting.toArray(NONE);
        waiting.clear();
        return calls;
    }

    /** Closes the session by way of this connection; completed at once if there is none. */
    CompletableFuture<RespValue> close(RespClient client) {
        Session last = session;
        session = null;
        return last == null
                ? CompletableFuture.completedFuture(RespValue.ok())
                : client.send(SESSION, CLOSE, last.key(), last.name());
    }
}
