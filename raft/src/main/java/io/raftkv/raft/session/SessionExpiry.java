package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.session.SessionReply.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends the sessions of clients that are gone: run by every server of a group, it acts where the group is led. It
 * guesses by its monotonic clock whether somebody is idle; whether it is so, the log decides, when the command is applied, by
 * log time, which counts only the time in which a leader stood and follows no clock that jumps. So a command that was placed in the log
 * before keeps its session.
 *
 * <p>Threads: any; it works on the loop of the group.
 */
public final class SessionExpiry implements AutoCloseable {
    /** How long a client may be silent before its session is forgotten: longer than any retry goes on. */
    public static final long DEFAULT_TTL_MS = 600_000;

    /** In one entry, so that no entry takes long to apply. */
    private static final int MOST_AT_ONCE = 1000;
    /** How late a session may be ended, as a part of its time to live. */
    private static final int GLANCES_PER_TTL = 16;

    private final RaftGroup group;
    private final SessionMachine machine;
    private final long ttlMs;
    private EventLoop.@Nullable Scheduled next;
    /** Log time as it was last seen to change, and when that was. */
    private long seenTimeMs;

    private long seenNanos;
    private boolean isUnderWay;
    private boolean isClosed;

    private SessionExpiry(RaftGroup group, SessionMachine machine, long ttlMs) {
        if (ttlMs < 1) {
            throw new IllegalArgumentException("a time to live of " + ttlMs + " ms");
        }
        this.group = group;
        this.machine = machine;
        this.ttlMs = ttlMs;
    }

    /**
     * Begins to watch over the sessions of {@code group}.
     *
     * @param machine the state machine with which this replica was opened
     * @param ttlMs in log time. It may differ between servers: that of the leader counts
     */
    public static SessionExpiry start(RaftGroup group, SessionMachine machine, long ttlMs) {
        SessionExpiry expiry = new SessionExpiry(group, machine, ttlMs);
        group.loop().execute(expiry::sleep);
        return expiry;
    }

    private void sleep() {
        if (!isClosed) {
            long nanos = Math.max(1, TimeUnit.MILLISECONDS.toNanos(ttlMs) / GLANCES_PER_TTL);
            next = group.loop().schedule(nanos, this::glance);
        }
    }

    private void glance() {
        sleep();
        long now = group.loop().nowNanos();
        if (machine.lastTimeMs() != seenTimeMs) {
            seenTimeMs = machine.lastTimeMs();
            seenNanos = now;
        }
        long timeMs = seenTimeMs + TimeUnit.NANOSECONDS.toMillis(now - seenNanos);
        if (!isUnderWay && group.isLeader() && timeMs - machine.oldestTimeMs() > ttlMs) {
            propose();
        }
    }

    private void propose() {
        isUnderWay = true;
        Bytes command = SessionCommand.expire(ttlMs, MOST_AT_ONCE);
        group.propose(command, new Completion() {
            @Override
            public void succeeded(@Nullable Object result) {
                isUnderWay = false;
                if (!isClosed
                        && result instanceof SessionReply reply
                        && reply.status() == Status.SESSIONS_EXPIRED
                        && Integer.valueOf(MOST_AT_ONCE).equals(reply.result())) {
                    propose();
                }
            }

            /** Whoever leads at the next glance tries again. */
            @Override
            public void failed(RaftException failure) {
                isUnderWay = false;
            }
        });
    }

    /** Ends the watch. */
    @Override
    public void close() {
        group.loop().execute(() -> {
            isClosed = true;
            if (next != null) {
                next.cancel();
            }
        });
    }
}
