package io.raftkv.kvclient;

import io.raftkv.config.HostPort;
import io.raftkv.resp.ConnectionLost;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One call with all its attempts, from the first try to the answer or the deadline.
 *
 * <p>An attempt ends in one of four ways: an answer; MOVED, which is followed at once a few times, then with pauses;
 * a refusal that surely did nothing (CLUSTERDOWN, BUSY), or a connection that broke before the command was sent, which
 * are tried again after a pause; or an outcome that nobody knows, after which it is tried again only if that does no harm: a
 * read, a write in a session, or one that may be carried out twice.
 *
 * <p>Threads: the client's loop, but for {@link #result}; and {@link #fail} once the loop has ended.
 */
final class Call implements Runnable {
    private static final int MOVES_WITHOUT_PAUSE = 3;
    private static final int FIRST_PAUSE_MS = 10;
    private static final int LONGEST_PAUSE_MS = 400;
    // Surely not carried out; the next moment may be better.
    private static final Set<String> TRY_LATER =
            Set.of("CLUSTERDOWN", "BUSY", "TRYAGAIN", "LOADING", "MASTERDOWN", "NOTLEADER", "NOLEADER");
    // The server took the command and does not know what became of it.
    private static final Set<String> OUTCOME_UNKNOWN = Set.of("UNKNOWN", "OUTCOMEUNKNOWN", "UNCERTAIN", "TIMEOUT");
    private static final String ALREADY_ACKED = "ALREADYACKED";

    private final Dispatcher dispatcher;
    private final byte[][] args;
    private final Traits traits;
    private final int shard;
    private final @Nullable HostPort server;
    private final boolean isRouted;
    private final CompletableFuture<RespValue> result = new CompletableFuture<>();

    private int moves;
    private int pauses;
    private int sessionsLost;
    private boolean inFlight;
    private boolean outcomeUnknown;
    private String trouble = "no attempt was made";
    /** The server that was lost last: while it passes for the leader, others are asked who leads now. */
    private @Nullable HostPort lost;
    /** It waited for its turn in the queue of its shard, and does not any more. */
    private boolean admitted;
    /** Where it has a number, if it is a write that has its turn. */
    private @Nullable Session session;

    private long sequence;

    /**
     * @param shard whose leader is asked; -1 for any server
     * @param server the one server to ask, or null
     * @param isRouted it goes where its key is, and takes its turn there
     */
    Call(Dispatcher dispatcher, byte[][] args, Traits traits, int shard, @Nullable HostPort server, boolean isRouted) {
        this.dispatcher = dispatcher;
        this.args = args;
        this.traits = traits;
        this.shard = shard;
        this.server = server;
        this.isRouted = isRouted;
    }

    CompletableFuture<RespValue> result() {
        return result;
    }

    boolean isEnded() {
        return result.isDone();
    }

    byte[] key() {
        return args[traits.keyIndex()];
    }

    /** Whether it may be sent in a session only. */
    boolean needsSession() {
        return dispatcher.config().writes() == KvClientConfig.Writes.EXACTLY_ONCE && traits.isWrite();
    }

    /** It has its turn in the queue of its shard; a write gets its number in {@code place}. */
    void admit(@Nullable Session place) {
        admitted = true;
        if (place != null && needsSession()) {
            session = place;
            sequence = place.take();
        }
    }

    @Override
    public void run() {
        attempt();
    }

    void attempt() {
        if (result.isDone()) {
            return;
        }
        if (dispatcher.isClosed()) {
            fail(KvException.CLOSED, "the client was closed");
            return;
        }
        HostPort target = target();
        if (target == null) {
            retryLater(shard < 0 ? "no server is registered yet" : "shard " + shard + " has no leader yet");
            return;
        }
        dispatcher.connections().use(target, (client, failure) -> {
            if (client == null) {
                lost = target;
                retryLater("no connection to " + target + ": " + reason(failure));
            } else {
                send(client, target);
            }
        });
    }

    /** The deadline passed. */
    void expire() {
        fail(
                KvException.TIMEOUT,
                "no answer within " + dispatcher.config().requestTimeoutMs() + " ms, last: " + trouble);
    }

    void fail(String code, String message) {
        boolean mayHaveHappened = !traits.readOnly() && (inFlight || outcomeUnknown);
        if (result.completeExceptionally(new KvException(code, message, mayHaveHappened))) {
            leaveSession();
        }
    }

    private void answer(RespValue reply) {
        if (result.complete(reply)) {
            leaveSession();
        }
    }

    private void leaveSession() {
        if (session != null) {
            dispatcher.queue(shard).ended(session, sequence);
        }
    }

    private @Nullable HostPort target() {
        if (server != null) {
            return server;
        }
        if (shard < 0) {
            return dispatcher.routing().any();
        }
        HostPort leader = dispatcher.routing().leader(shard);
        HostPort other = leader == null || !leader.equals(lost)
                ? null
                : dispatcher.routing().otherThan(leader);
        return other == null ? leader : other;
    }

    private void send(RespClient client, HostPort target) {
        if (result.isDone() || isRouted && !admitted && !dispatcher.queue(shard).admits(this, client, target)) {
            return;
        }
        trouble = target + " has not answered";
        inFlight = true;
        client.send(session == null ? args : session.once(sequence, args)).whenComplete((reply, failure) -> {
            if (reply == null) {
                lost(target, failure);
            } else if (reply instanceof RespValue.Error error) {
                refused(error, target);
            } else {
                answer(reply);
            }
        });
    }

    /** The session that it waited for was refused. */
    void notSent(RespValue.Error error, HostPort target) {
        if (OUTCOME_UNKNOWN.contains(error.code())) {
            retryLater(target + ": " + error.message());
        } else {
            refused(error, target);
        }
    }

    /** Nobody knows what became of the session that it waited for. */
    void notSent(@Nullable Throwable failure, HostPort target) {
        lost = target;
        retryLater(target + " opened no session: " + reason(failure));
    }

    private void lost(HostPort target, @Nullable Throwable failure) {
        lost = target;
        Throwable cause = cause(failure);
        boolean sent =
                cause instanceof ConnectionLost lost ? lost.sent() : !(cause instanceof RespClient.TooManyInFlight);
        unanswered(sent, KvException.CONNECTION_LOST, target + ": " + reason(failure));
    }

    private void refused(RespValue.Error error, HostPort target) {
        String code = error.code();
        if (code.equals("MOVED")) {
            inFlight = false;
            moved(error.message(), target);
        } else if (TRY_LATER.contains(code)) {
            inFlight = false;
            retryLater(target + ": " + error.message());
        } else if (OUTCOME_UNKNOWN.contains(code)) {
            unanswered(true, code, target + ": " + error.message());
        } else if (session != null && code.equals(KvException.SESSION_EXPIRED)) {
            sessionExpired(session, target + ": " + error.message());
        } else if (session != null && code.equals(ALREADY_ACKED)) {
            // Not what a server says of a number that is waited for: nobody knows what became of it.
            outcomeUnknown = true;
            fail(code, target + ": " + error.message());
        } else {
            answer(error);
        }
    }

    // This attempt did nothing. An earlier one may have; then another session would not know of it.
    private void sessionExpired(Session old, String what) {
        inFlight = false;
        session = null;
        admitted = false;
        dispatcher.queue(shard).expired(old);
        if (outcomeUnknown) {
            fail(KvException.SESSION_EXPIRED, "it was sent again, and its session was gone; " + what);
        } else if (++sessionsLost == 1) {
            attempt();
        } else {
            retryLater(what);
        }
    }

    private void unanswered(boolean sent, String code, String what) {
        if (sent) {
            outcomeUnknown = true;
        }
        inFlight = false;
        if (!sent
                || session != null
                || traits.repeatable()
                || dispatcher.config().writes() == KvClientConfig.Writes.AT_LEAST_ONCE) {
            retryLater(what);
        } else {
            fail(code, what);
        }
    }

    // MOVED <slot> <host>:<port>; an empty host means the one that answered.
    private void moved(String message, HostPort target) {
        String[] words = message.split(" ", -1);
        HostPort leader = null;
        if (words.length == 3) {
            try {
                leader = words[2].startsWith(":")
                        ? new HostPort(target.host(), HostPort.parse(words[2]).port())
                        : HostPort.parse(words[2]);
            } catch (IllegalArgumentException e) {
                leader = null;
            }
        }
        if (leader == null || shard < 0 || server != null) {
            answer(RespValue.error(message));
            return;
        }
        dispatcher.routing().moved(shard, leader);
        lost = null;
        if (++moves <= MOVES_WITHOUT_PAUSE) {
            attempt();
        } else {
            retryLater(target + ": " + message);
        }
    }

    private void retryLater(String what) {
        trouble = what;
        int longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(pauses++, 10));
        int pause = longest / 2 + ThreadLocalRandom.current().nextInt(longest / 2 + 1);
        // Not waited for: while the coordinator is away others can say who leads.
        dispatcher.routing().refresh();
        dispatcher.after(pause, this);
    }

    private static @Nullable Throwable cause(@Nullable Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static String reason(@Nullable Throwable failure) {
        Throwable cause = cause(failure);
        return cause == null ? "closed" : cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
