package io.raftkv.callback;

import io.raftkv.resp.RespValue;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claims of one session to lead. Each is asked for until it is answered, one after the other, so that the outcomes
 * come in the order of the claims. There is no deadline: a claim ends with an outcome or with the session.
 *
 * <p>Threads: the client's loop.
 */
final class Elections {
    private static final Logger log = LoggerFactory.getLogger(Elections.class);

    private final Requests requests;
    private final Session session;
    private final Deque<Integer> claims = new ArrayDeque<>();
    private int epoch;
    private @Nullable CompletableFuture<RespValue> asked;

    Elections(Requests requests, Session session) {
        this.requests = requests;
        this.session = session;
    }

    void claim(int wanted) {
        claims.add(wanted);
        askNext();
    }

    /** The session ended: nothing more is asked or told. */
    void end() {
        claims.clear();
        CompletableFuture<RespValue> current = asked;
        asked = null;
        if (current != null) {
            current.cancel(false);
        }
    }

    /**
     * Another won over the epoch in which this session led. If that is the epoch being claimed, the answer to the claim
     * was overtaken by its consequence; it has to be told first.
     */
    void deposed(int deposedEpoch) {
        CompletableFuture<RespValue> current = asked;
        if (current != null && epoch == deposedEpoch) {
            asked = null;
            session.leads(epoch, session.id());
            session.elected(true);
            current.cancel(false);
            askNext();
        }
    }

    private void askNext() {
        Integer wanted = asked == null ? claims.poll() : null;
        if (wanted != null) {
            epoch = wanted;
            CompletableFuture<RespValue> current = requests.submit(
                    Requests.NO_DEADLINE, "ELECT", Long.toString(session.id()), Integer.toString(wanted));
            asked = current;
            current.whenComplete((answer, failure) -> answered(current, answer, failure));
        }
    }

    private void answered(
            CompletableFuture<RespValue> question, @Nullable RespValue answer, @Nullable Throwable failure) {
        if (asked != question) {
            return;
        }
        asked = null;
        if (failure instanceof CoordinatorException e && e.is(CoordinatorException.SESSION_EXPIRED)) {
            session.lose(e.getMessage());
        } else if (failure instanceof CoordinatorException e && e.is(CoordinatorException.CLOSED)) {
            log.debug("the claim to epoch {} ended with the client", epoch);
        } else {
            session.elected(won(answer, failure));
            askNext();
        }
    }

    private boolean won(@Nullable RespValue answer, @Nullable Throwable failure) {
        try {
            if (answer != null) {
                Outcome outcome = Answers.read(answer, Outcome::of);
                session.leads(outcome.epoch, outcome.leader);
                return outcome.won;
            }
            log.warn("the claim to epoch {} was refused: {}", epoch, failure == null ? "" : failure.getMessage());
        } catch (CoordinatorException e) {
            log.warn("the claim to epoch {} counts as lost", epoch, e);
        }
        return false;
    }

    private record Outcome(boolean won, int epoch, long leader) {
        static Outcome of(RespValue answer) {
            List<RespValue> row = answer.asList();
            return new Outcome(
                    row.get(0).asLong() == 1,
                    Math.toIntExact(row.get(1).asLong()),
                    row.get(2).asLong());
        }
    }
}
