package io.raftkv.raft.session;

import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request of a session, sent again until it is answered or the time is over, one try at a time. It knows whether one of
 * the tries may have been executed, and ends accordingly.
 *
 * <p>Threads: the loop of the session, except the {@link Completion}.
 */
abstract class SessionCall implements Completion {
    private static final long FIRST_PAUSE_NANOS = 5_000_000;
    private static final int MAX_DOUBLINGS = 6;

    private final EventLoop loop;
    private final long seed;
    private final int patienceMs;
    private EventLoop.@Nullable Scheduled deadline;
    private EventLoop.@Nullable Scheduled retry;
    private @Nullable RaftException refusal;
    private int tries;
    private boolean isUnderWay;
    private boolean mayBeDone;
    private boolean isEnded;

    /** @param seed spreads the pauses of different calls */
    SessionCall(EventLoop loop, int patienceMs, long seed) {
        this.loop = loop;
        this.patienceMs = patienceMs;
        this.seed = seed;
    }

    /** Hands one try to the link, with this as its completion. */
    abstract void send();

    /** Whether the group, which applied a try, gave an answer with which the call ends; else it is tried again. */
    abstract boolean isFinal(SessionReply reply);

    /** The call ended with this answer. */
    abstract void answered(SessionReply reply);

    /** The call ended without an answer. */
    abstract void gaveUp(RaftException failure);

    final void start() {
        deadline = loop.schedule(TimeUnit.MILLISECONDS.toNanos(patienceMs), this::outOfTime);
        tryOnce();
    }

    private void tryOnce() {
        tries++;
        isUnderWay = true;
        send();
    }

    final boolean isEnded() {
        return isEnded;
    }

    /** Whether an earlier try, or the one under way, may have been executed. */
    final boolean mayBeDone() {
        return mayBeDone || isUnderWay;
    }

    @Override
    public final void succeeded(@Nullable Object result) {
        SessionReply reply = (SessionReply) result;
        if (reply == null) {
            throw new IllegalArgumentException("a link answered without a reply");
        }
        onLoop(() -> tryAnswered(reply));
    }

    @Override
    public final void failed(RaftException failure) {
        onLoop(() -> tryFailed(failure));
    }

    private void onLoop(Runnable task) {
        if (loop.inLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    private void tryAnswered(SessionReply reply) {
        isUnderWay = false;
        if (isEnded) {
            return;
        }
        if (isFinal(reply)) {
            end();
            answered(reply);
        } else {
            refusal = new RaftException.Busy("the group refused it: " + reply.status(), 50);
            pause(0);
        }
    }

    private void tryFailed(RaftException failure) {
        isUnderWay = false;
        if (isEnded) {
            return;
        }
        if (failure instanceof RaftException.OutcomeUnknown) {
            mayBeDone = true;
        } else {
            refusal = failure;
        }
        pause(failure instanceof RaftException.Busy busy ? TimeUnit.MILLISECONDS.toNanos(busy.retryAfterMs()) : 0);
    }

    /** Between half and all of a pause that doubles, so that clients which lost the same leader do not come all at once. */
    private void pause(long atLeastNanos) {
        long longest = FIRST_PAUSE_NANOS << Math.min(tries, MAX_DOUBLINGS);
        long mixed = (seed + tries) * 0x9E3779B97F4A7C15L;
        long nanos = longest / 2 + (mixed >>> 1) % (longest / 2);
        retry = loop.schedule(Math.max(atLeastNanos, nanos), this::tryOnce);
    }

    private void outOfTime() {
        if (isEnded) {
            return;
        }
        RaftException last = refusal;
        giveUp(
                mayBeDone() || last == null
                        ? new RaftException.OutcomeUnknown(
                                "no answer within the patience of the session, after " + tries + " tries")
                        : last);
    }

    /** Ends the call without an answer, unless it is ended. */
    final void giveUp(RaftException failure) {
        if (!isEnded) {
            end();
            gaveUp(failure);
        }
    }

    private void end() {
        isEnded = true;
        if (deadline != null) {
            deadline.cancel();
        }
        if (retry != null) {
            retry.cancel();
        }
    }
}
