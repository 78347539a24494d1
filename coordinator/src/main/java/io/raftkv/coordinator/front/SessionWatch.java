package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Session;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On the leader, ends the sessions that were silent for their time-out. When a session was heard last is known to the
 * leader alone; the end itself goes through the log, so that all nodes agree.
 *
 * <p>A new leader knows nothing of the time before, and gives every session a full time-out; so does one that itself
 * stood still, because the heartbeats of that time may still be on their way.
 *
 * <p>Threads: the group's loop.
 */
final class SessionWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SessionWatch.class);
    /** Between two looks at all sessions; adds to the time-out. */
    static final long TICK_NANOS = 50_000_000L;
    /** A look that comes so late means that this process was paused. */
    private static final long PAUSE_NANOS = 500_000_000L;

    private final RaftGroup group;
    private final CoordinatorState state;
    private final Map<Long, Long> heardAtNanos = new HashMap<>();
    private boolean leading;
    private boolean expiring;
    private long lastTickNanos;

    SessionWatch(RaftGroup group, CoordinatorState state) {
        this.group = group;
        this.state = state;
    }

    /** This node leads and has applied all that came before, or it leads no more. */
    void leading(boolean now) {
        leading = now;
        heardAtNanos.clear();
    }

    void heard(Collection<Long> sessions) {
        long now = group.loop().nowNanos();
        for (long session : sessions) {
            if (state.session(session) != null) {
                heardAtNanos.put(session, now);
            }
        }
    }

    /** To be called every {@link #TICK_NANOS}. */
    void tick() {
        long now = group.loop().nowNanos();
        boolean paused = now - lastTickNanos > PAUSE_NANOS;
        lastTickNanos = now;
        if (!leading) {
            return;
        }
        if (paused) {
            heardAtNanos.clear();
        }
        List<Long> silent = new ArrayList<>();
        for (Session session : state.sessions()) {
            long heardAt = heardAtNanos.computeIfAbsent(session.id(), id -> now);
            if (now - heardAt > session.timeoutMs() * 1_000_000L) {
                silent.add(session.id());
            }
        }
        heardAtNanos.keySet().removeIf(id -> state.session(id) == null);
        if (!silent.isEmpty() && !expiring) {
            expire(silent);
        }
    }

    private void expire(List<Long> silent) {
        expiring = true;
        String text = silent.stream().map(this::describe).collect(Collectors.joining(", "));
        LOG.info("no sign of life from {}", text);
        Command end = new Command.ExpireSessions(silent);
        group.propose(CommandCodec.encode(new CommandCodec.Request(null, end)), new Completion() {
            @Override
            public void succeeded(@Nullable Object result) {
                expiring = false;
            }

            @Override
            public void failed(RaftException failure) {
                expiring = false; // The next look tries again, if this node still leads.
                LOG.debug("{} not ended: {}", text, failure.getMessage());
            }
        });
    }

    private String describe(long id) {
        Session session = state.session(id);
        Session.Member member = session == null ? null : session.member();
        return "session " + id + (member == null ? "" : " (" + member.address().toUtf8() + ")");
    }
}
