package io.raftkv.callback;

import io.netty.channel.EventLoop;
import io.raftkv.resp.ConnectionLost;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests to the coordinator: sends each as often as it takes within its deadline, over whichever connection
 * there is. A request that writes carries the same number each time, by which the coordinator knows it again and gives
 * it its first result.
 *
 * <p>Threads: any may submit; all else happens on the loop. Futures complete there too, so only code of this package may
 * depend on them directly.
 */
final class Requests implements Connector.User {
    /** For requests that are tried until they are cancelled. */
    static final int NO_DEADLINE = 0;

    /** The coordinator remembers the results of the last 128 writes of a client; fewer may be open. */
    private static final int MAX_ACTIVE = 100;

    /** A node waits 5 s for a leader and then says why there is none; one that is silent for longer is not well. */
    private static final int LONGEST_ATTEMPT_MS = 6_000;

    private static final int MAX_OPEN = 10_000;

    private final EventLoop loop;
    private final Connector connector;
    private final int attemptTimeoutMs;
    private final ClientConfig config;
    private final String clientId = String.format("%016x", new SecureRandom().nextLong());
    private final Set<Call> open = new HashSet<>();
    private final Deque<Call> waiting = new ArrayDeque<>();
    private Connector.@Nullable User session;
    private long lastSeq;
    private int active;
    private boolean closed;

    Requests(EventLoop loop, ClientConfig config) {
        this.loop = loop;
        this.config = config;
        int shorter = Math.min(config.sessionTimeoutMs(), config.requestTimeoutMs());
        int connectMs = Math.max(50, Math.min(2000, shorter / 4));
        this.attemptTimeoutMs = Math.max(connectMs, Math.min(LONGEST_ATTEMPT_MS, config.requestTimeoutMs() * 6 / 10));
        this.connector = new Connector(loop, config.coordinators(), connectMs, attemptTimeoutMs, this);
    }

    /** Whether the caller is on the loop, and so must not wait for an answer. */
    boolean onLoop() {
        return loop.inEventLoop();
    }

    Connector connector() {
        return connector;
    }

    EventLoop loop() {
        return loop;
    }

    /** Lets a session take part in the connection's life. On the loop. */
    void attach(Connector.@Nullable User user) {
        this.session = user;
    }

    /**
     * Sends a request. The future completes on the loop with the answer, or with a {@link CoordinatorException}, or,
     * for an error answer, with one too. Completing it from outside withdraws the request.
     *
     * @param timeoutMs for everything, or {@link #NO_DEADLINE}
     */
    CompletableFuture<RespValue> submit(int timeoutMs, String... args) {
        Call call = new Call(args, timeoutMs);
        if (!run(() -> accept(call))) {
            call.future.completeExceptionally(closedException(call));
        }
        return call.future;
    }

    /** Does something on the loop, now or soon; false if the loop was shut down. */
    boolean run(Runnable work) {
        try {
            loop.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Completes all that is open. On the loop. */
    void close() {
        closed = true;
        List.copyOf(open).forEach(call -> call.future.completeExceptionally(closedException(call)));
        connector.close();
    }

    private static CoordinatorException closedException(Call call) {
        return new CoordinatorException(
                CoordinatorException.CLOSED, "the client was closed during " + call.args[0], call.mayHaveHappened());
    }

    private void accept(Call call) {
        if (closed) {
            call.future.completeExceptionally(closedException(call));
            return;
        }
        if (open.size() >= MAX_OPEN) {
            call.future.completeExceptionally(new CoordinatorException(
                    CoordinatorException.BUSY, MAX_OPEN + " requests are open; wait for some of them", false));
            return;
        }
        open.add(call);
        call.future.whenComplete((value, failure) -> finished(call));
        if (call.timeoutMs != NO_DEADLINE) {
            call.deadline = loop.schedule(() -> expire(call), call.timeoutMs, TimeUnit.MILLISECONDS);
        }
        dispatch(call);
    }

    /** However a call ended: its own end, the deadline, or its owner's. */
    private void finished(Call call) {
        if (!loop.inEventLoop()) {
            run(() -> finished(call));
            return;
        }
        open.remove(call);
        waiting.remove(call);
        cancel(call.deadline);
        cancel(call.patience);
        if (call.active) {
            call.active = false;
            active--;
            drain();
        }
    }

    private static void cancel(@Nullable ScheduledFuture<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void dispatch(Call call) {
        if (call.future.isDone() || closed) {
            return;
        }
        RespClient connection = connector.ready();
        if (connection == null || (!call.active && active >= MAX_ACTIVE)) {
            enqueue(call);
            connector.want();
        } else {
            send(call, connection);
        }
    }

    // What was sent before goes first: it counts as active, and must not wait for those who wait for fewer active ones.
    private void enqueue(Call call) {
        if (call.active) {
            waiting.addFirst(call);
        } else {
            waiting.addLast(call);
        }
    }

    private void drain() {
        int turns = waiting.size();
        while (turns-- > 0 && connector.ready() != null && (active < MAX_ACTIVE || waiting.getFirst().active)) {
            dispatch(waiting.removeFirst());
        }
    }

    private void send(Call call, RespClient connection) {
        if (!call.active) {
            call.active = true;
            active++;
            // Numbered only now, so that the numbers in use stay close together.
            call.words = call.writes ? numbered(call.args) : call.args;
        }
        call.inFlight = true;
        call.patience = loop.schedule(
                () -> connector.drop(connection, "no answer within " + attemptTimeoutMs + " ms"),
                attemptTimeoutMs,
                TimeUnit.MILLISECONDS);
        connection.send(call.words).whenComplete((answer, failure) -> answered(call, connection, answer, failure));
    }

    private String[] numbered(String[] args) {
        String[] words = new String[args.length + 3];
        words[0] = "REQ";
        words[1] = clientId;
        words[2] = Long.toString(++lastSeq);
        System.arraycopy(args, 0, words, 3, args.length);
        return words;
    }

    private void answered(Call call, RespClient connection, @Nullable RespValue answer, @Nullable Throwable failure) {
        cancel(call.patience);
        call.inFlight = false;
        if (call.future.isDone()) {
            return;
        }
        if (answer instanceof RespValue.Error error) {
            refused(call, connection, error);
        } else if (answer != null) {
            connector.praise();
            call.future.complete(answer);
        } else {
            // Anything but a lost connection, such as a full pipeline, means that it was not sent.
            call.uncertain |= failure instanceof ConnectionLost lost && lost.sent();
            call.lastCode = CoordinatorException.TIMEOUT;
            call.lastError = failure == null ? "no answer" : failure.getMessage();
            retry(call);
        }
    }

    private void refused(Call call, RespClient connection, RespValue.Error error) {
        switch (error.code()) {
            case CoordinatorException.TIMEOUT, CoordinatorException.NO_LEADER, CoordinatorException.BUSY -> {
                call.uncertain |= error.code().equals(CoordinatorException.TIMEOUT);
                call.lastCode = error.code();
                call.lastError = error.message();
                if (!error.code().equals(CoordinatorException.BUSY)) {
                    // It has waited for a leader long enough; another node may be on the right side of a partition.
                    connector.drop(connection, error.message());
                }
                retry(call);
            }
            default -> {
                connector.praise();
                call.future.completeExceptionally(CoordinatorException.of(error));
            }
        }
    }

    private void retry(Call call) {
        loop.schedule(() -> dispatch(call), Backoff.delayMs(call.retries++), TimeUnit.MILLISECONDS);
    }

    private void expire(Call call) {
        boolean unknown = call.mayHaveHappened();
        String reason = call.lastError != null
                ? call.lastError
                : connector.ready() != null ? "no answer" : connector.lastFailure();
        String text = "no result of " + call.args[0] + " within " + call.timeoutMs + " ms from any of "
                + config.coordinators() + (unknown ? "; it may have been carried out" : "") + "; last: " + reason;
        call.future.completeExceptionally(
                new CoordinatorException(unknown ? CoordinatorException.TIMEOUT : call.lastCode, text, unknown));
    }

    @Override
    public CompletableFuture<?> prepare(RespClient connection) {
        return session == null ? CompletableFuture.completedFuture(null) : session.prepare(connection);
    }

    @Override
    public void connected() {
        if (session != null) {
            session.connected();
        }
        drain();
    }

    @Override
    public void disconnected() {
        if (session != null) {
            session.disconnected();
        }
    }

    @Override
    public boolean needsConnection() {
        return !waiting.isEmpty() || (session != null && session.needsConnection());
    }

    @Override
    public void pushed(RespValue.Push push) {
        if (session != null) {
            session.pushed(push);
        }
    }
}
