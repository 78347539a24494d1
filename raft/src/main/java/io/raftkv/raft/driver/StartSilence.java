package io.raftkv.raft.driver;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.core.RaftCore;
import java.util.concurrent.TimeUnit;

/**
 * A replica says nothing after its start before a majority had a chance to tell that the folder is an older copy, see {@link
 * Introductions}; but no longer than it takes to be sure that they are not there: it may know old members only.
 *
 * <p>Threads: the group's loop.
 */
final class StartSilence {
    private final RaftNode node;
    private final RaftCore core;
    private final EventLoop loop;
    private final long endNanos;
    private boolean isOver;

    StartSilence(RaftNode node, RaftCore core, EventLoop loop) {
        this.node = node;
        this.core = core;
        this.loop = loop;
        this.endNanos = loop.nowNanos()
                + 2 * TimeUnit.MILLISECONDS.toNanos(node.options().raft().core().electionMaxMs());
    }

    /** Whether the replica may speak; if not, makes its peers take notice. */
    boolean isOver() {
        if (!isOver) {
            isOver = isWelcome() || loop.nowNanos() - endNanos >= 0;
            if (!isOver) {
                core.configuration().members().stream()
                        .filter(member -> !member.equals(core.self()))
                        .forEach(member -> node.introductions().greet(member.server()));
            }
        }
        return isOver;
    }

    private boolean isWelcome() {
        Configuration configuration = core.configuration();
        return configuration.voters().isEmpty()
                || configuration.hasQuorum(voter ->
                        voter.equals(core.self()) || node.introductions().isWelcomeAt(voter.server()));
    }
}
