package io.raftkv.raft.driver;

import io.raftkv.raft.Completion;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.CommandBatch;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of one replica and how far it is. Committed entries move it on, one after the other, or a snapshot of the leader
 * takes its place. Threads: the group's loop.
 */
final class AppliedState {
    private static final Logger LOG = LoggerFactory.getLogger(AppliedState.class);

    private final GroupRunner group;
    private final RaftCore core;
    private final StateMachine machine;
    private final Proposals proposals;
    private final OwnSnapshots snapshots;
    private long index;
    private long timeMs;
    private @Nullable Runnable received;

    AppliedState(GroupRunner group, Proposals proposals, OwnSnapshots snapshots) {
        this.group = group;
        this.core = group.core();
        this.machine = group.machine();
        this.proposals = proposals;
        this.snapshots = snapshots;
        this.index = core.snapshot().index();
        this.timeMs = core.snapshot().timeMs();
    }

    /** Of the last entry that was applied. */
    long index() {
        return index;
    }

    /** The log time of that entry. */
    long timeMs() {
        return timeMs;
    }

    boolean isBehind() {
        return index < core.commitIndex();
    }

    /** Applies what is committed, as much as the budget of a turn allows. */
    void advance() {
        int bytes = 0;
        while (!group.isClosed() && isBehind() && bytes < group.options().applyBudgetBytes()) {
            Entry entry = core.entry(index + 1);
            apply(entry);
            bytes += entry.bytes();
        }
    }

    private void apply(Entry entry) {
        List<Completion> told = proposals.waitingFor(entry);
        index = entry.index();
        timeMs = entry.timeMs();
        if (entry.type() == Entry.Type.COMMANDS) {
            CommandBatch.forEach(entry.payload(), (position, command) -> {
                Object result = machine.apply(entry.index(), entry.timeMs(), command);
                if (position < told.size()) {
                    told.get(position).succeeded(result);
                }
            });
        }
        snapshots.applied(entry);
        group.metrics().applied(entry.index());
        group.node().options().observer().applied(group.id(), group.self(), entry);
    }

    /**
     * A snapshot of the leader was read.
     *
     * @param swap puts what it holds in the place of the present state
     */
    void received(Runnable swap) {
        // If the core has no use for it any more, the next one takes its place.
        received = swap;
    }

    /** Takes the state that was received last. */
    void install(SnapshotMeta meta) {
        // It holds what became of them, and does not tell.
        proposals.lost(0);
        Runnable swap = Objects.requireNonNull(received, "a state to install");
        received = null;
        swap.run();
        index = meta.index();
        timeMs = meta.timeMs();
        snapshots.installed();
        LOG.info("group {}: installed snapshot index={}", group.id(), index);
        group.metrics().snapshotInstalled();
        group.node().options().observer().snapshotInstalled(group.id(), group.self(), meta);
    }
}
