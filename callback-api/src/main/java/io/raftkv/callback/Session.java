package io.raftkv.callback;

import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespTypeException;
import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session with the coordinator: opened once, then bound to one connection after the other, until the coordinator
 * declares it dead or it is closed. It sends the heartbeats and turns event messages into callbacks, each exactly once.
 *
 * <p>The session ends only by the coordinator's word. While no node can be reached the client does not know; it says so
 * by {@code onConnectionSuspended}, and fences protect what it may still believe to own.
 *
 * <p>Threads: the client's loop, but for {@link #open}, {@link #id} and {@link #close}, which any thread may call.
 */
final class Session implements Connector.User {
    private static final Logger log = LoggerFactory.getLogger(Session.class);

    private static final int HEARTBEATS_PER_TIMEOUT = 5;

    /**
     * A node that answers none of so many is left while there is time to reach another within the session's time-out. Not
     * fewer, because during an election no node answers, and to change over then gains nothing.
     */
    private static final int MAX_UNANSWERED = 3;

    private enum State {
        OPENING,
        OPEN,
        LOST,
        CLOSED
    }

    private final Requests requests;
    private final ClientConfig config;
    private final Callbacks callbacks;
    private final RaftClientImp client;
    private final Elections elections;
    private final Events events;
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private volatile State state = State.OPENING;
    private volatile long id;
    private volatile Leadership leadership = Leadership.UNKNOWN;
    private long lastSeen;
    private long openBeforeNanos;
    private boolean suspended;
    private int unanswered;
    private @Nullable ScheduledFuture<?> heartbeat;

    Session(Requests requests, ClientConfig config, Callbacks callbacks, RaftClientImp client) {
        this.requests = requests;
        this.config = config;
        this.callbacks = callbacks;
        this.client = client;
        this.elections = new Elections(requests, this);
        this.events = new Events(this, elections, callbacks);
    }

    /** Completes, on the loop, when the session is open and bound to a connection. */
    CompletableFuture<Void> open() {
        openBeforeNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(config.requestTimeoutMs());
        requests.run(() -> requests.attach(this));
        requests.submit(
                        config.requestTimeoutMs(),
                        "SESSION.OPEN",
                        config.service(),
                        Integer.toString(config.sessionTimeoutMs()))
                .thenAccept(this::begin)
                .exceptionally(failure -> {
                    opened.completeExceptionally(failure.getCause() == null ? failure : failure.getCause());
                    return null;
                });
        return opened;
    }

    /** The session, or 0 before it is open. */
    long id() {
        return id;
    }

    /** Throws if the session is no longer what its owner believes. */
    void check() {
        if (state == State.LOST) {
            throw new CoordinatorException(
                    CoordinatorException.SESSION_EXPIRED, "session " + id + " has ended; connect a new client", false);
        } else if (state == State.CLOSED) {
            throw new CoordinatorException(CoordinatorException.CLOSED, "session " + id + " was closed", false);
        } else if (id == 0) {
            throw new IllegalStateException("the session is not open yet; wait for connect to return");
        }
    }

    /** Who leads, as far as is known. */
    Leadership leadership() {
        return leadership;
    }

    /** Claims the lead. */
    void elect(int epoch) {
        requests.run(() -> {
            if (isAlive()) {
                elections.claim(epoch);
            }
        });
    }

    /** Ends the session at the coordinator too, if it can be reached soon; completes in any case. */
    CompletableFuture<?> close(int timeoutMs) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (!requests.run(() -> close(timeoutMs, done))) {
            done.complete(null);
        }
        return done;
    }

    private void close(int timeoutMs, CompletableFuture<Void> done) {
        boolean alive = isAlive();
        end(State.CLOSED);
        if (!alive) {
            done.complete(null);
            return;
        }
        requests.submit(timeoutMs, "SESSION.CLOSE", Long.toString(id)).whenComplete((ok, failure) -> {
            log.debug("session {} closed: {}", id, failure == null ? ok : failure.getMessage());
            done.complete(null);
        });
    }

    private void begin(RespValue answer) {
        if (state != State.OPENING) {
            return;
        }
        List<RespValue> row = Answers.read(answer, RespValue::asList);
        lastSeen = Answers.read(row.get(1), RespValue::asLong);
        id = Answers.read(row.get(0), RespValue::asLong);
        requests.loop().schedule(this::giveUpOpening, openBeforeNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        // The answer may be a first result given again, over a connection that knows nothing of the session.
        RespClient connection = requests.connector().ready();
        if (connection != null) {
            prepare(connection).whenComplete((ok, failure) -> {
                if (failure != null) {
                    requests.connector().drop(connection, String.valueOf(failure.getMessage()));
                } else {
                    bound();
                }
            });
        }
    }

    private void giveUpOpening() {
        String why = "the session could not be bound to a connection within " + config.requestTimeoutMs()
                + " ms; last: " + requests.connector().lastFailure();
        opened.completeExceptionally(new CoordinatorException(CoordinatorException.TIMEOUT, why, true));
    }

    @Override
    public CompletableFuture<?> prepare(RespClient connection) {
        if (!isAlive()) {
            return CompletableFuture.completedFuture(null);
        }
        return connection
                .send("SESSION.RESUME", config.service(), Long.toString(id), Long.toString(lastSeen))
                .thenAccept(this::resumed);
    }

    private void resumed(RespValue answer) {
        if (answer instanceof RespValue.Error error) {
            if (!error.code().equals(CoordinatorException.SESSION_EXPIRED)) {
                throw CoordinatorException.of(error);
            }
            lose(error.message());
        } else if (suspended && state == State.OPEN) {
            suspended = false;
            callbacks.post(RaftCallBack::onConnectionResumed);
        }
    }

    @Override
    public void connected() {
        if (id != 0) {
            bound();
        }
    }

    private void bound() {
        unanswered = 0;
        if (state == State.OPENING) {
            state = State.OPEN;
            long periodMs = Math.max(1, config.sessionTimeoutMs() / HEARTBEATS_PER_TIMEOUT);
            heartbeat = requests.loop().scheduleAtFixedRate(this::beat, periodMs, periodMs, TimeUnit.MILLISECONDS);
            log.info("session {} of service {} is open", id, config.service());
            opened.complete(null);
        }
        beat();
    }

    @Override
    public void disconnected() {
        if (state == State.OPEN && !suspended) {
            suspended = true;
            callbacks.post(RaftCallBack::onConnectionSuspended);
        }
    }

    @Override
    public boolean needsConnection() {
        return isAlive();
    }

    private void beat() {
        RespClient connection = requests.connector().ready();
        if (connection == null) {
            return;
        }
        if (unanswered >= MAX_UNANSWERED) {
            requests.connector().drop(connection, "no answer to " + unanswered + " heartbeats");
            return;
        }
        unanswered++;
        connection
                .send("SESSION.PING", Long.toString(id), Long.toString(lastSeen))
                .whenComplete((answer, failure) -> beaten(connection, answer));
    }

    private void beaten(RespClient connection, @Nullable RespValue answer) {
        if (answer == null || requests.connector().ready() != connection) {
            return;
        }
        unanswered = 0;
        if (!(answer instanceof RespValue.Error error)) {
            requests.connector().praise();
        } else if (error.code().equals(CoordinatorException.SESSION_EXPIRED)) {
            lose(error.message());
        } else {
            requests.connector().drop(connection, error.message());
        }
    }

    @Override
    public void pushed(RespValue.Push push) {
        if (!isAlive()) {
            return;
        }
        try {
            List<RespValue> items = push.items();
            if (!items.get(0).asText().equals("event") || items.get(1).asLong() <= lastSeen) {
                return;
            }
            if (callbacks.isFull()) {
                lose("the callbacks are " + Callbacks.MAX_WAITING + " events behind; they must be faster");
                return;
            }
            lastSeen = items.get(1).asLong();
            events.tell(items.get(2).asText(), items.subList(3, items.size()));
        } catch (RespTypeException | IndexOutOfBoundsException | ArithmeticException e) {
            lose("the coordinator sent an event that is not understood: " + push);
        }
    }

    /** It was heard who leads, or by session 0, that nobody does. On the loop. */
    void leads(int epoch, long session) {
        leadership = leadership.heard(epoch, session);
    }

    /** The outcome of the oldest open claim. */
    void elected(boolean won) {
        callbacks.post(won ? user -> user.onBecomeLeader(client) : user -> user.onSelectLeaderFailed(client));
    }

    /** The session is over, and not by its owner's wish. */
    void lose(@Nullable String why) {
        if (state != State.OPENING && state != State.OPEN) {
            return;
        }
        String text = why == null ? "the session has ended" : why;
        log.warn("session {} of service {} is lost: {}", id, config.service(), text);
        end(State.LOST);
        opened.completeExceptionally(new CoordinatorException(CoordinatorException.SESSION_EXPIRED, text, false));
        callbacks.post(user -> user.onSessionLost(text));
    }

    private boolean isAlive() {
        return id != 0 && (state == State.OPENING || state == State.OPEN);
    }

    private void end(State last) {
        state = last;
        elections.end();
        if (heartbeat != null) {
            heartbeat.cancel(false);
        }
    }
}
