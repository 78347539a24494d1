package io.raftkv.raft.driver;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.RaftCore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the core of one replica wants done, one effect after the other, in the order in which they came.
 *
 * <p>Threads: the group's loop.
 */
final class EffectExecutor implements Effect.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(EffectExecutor.class);

    private final GroupRunner group;
    private final RaftNode node;
    private final RaftCore core;
    private final long groupId;
    private final ReplicaId self;
    private boolean wasLeader;

    EffectExecutor(GroupRunner group) {
        this.group = group;
        this.node = group.node();
        this.core = group.core();
        this.groupId = group.id();
        this.self = group.self();
    }

    private RaftObserver observer() {
        return node.options().observer();
    }

    @Override
    public void onSend(Effect.Send effect) {
        group.speak(effect.to(), effect.message());
    }

    @Override
    public void onPersist(Effect.Persist effect) {
        group.worker.persist(group, effect.sequence(), effect.write());
        if (effect.write().logStart() != null) {
            group.snapshots.logStartMoves(effect.sequence(), core.snapshot().index());
        }
        effect.write().entries().forEach(entry -> observer().appended(groupId, self, entry));
        HardState state = effect.write().hardState();
        if (state != null && state.votedFor() != null) {
            observer().voted(groupId, self, core.term(), state.votedFor());
        }
    }

    @Override
    public void onTruncated(Effect.Truncated effect) {
        observer().truncated(groupId, self, effect.fromIndex());
        group.proposals.lost(effect.fromIndex());
    }

    @Override
    public void onAppended(Effect.Appended effect) {
        group.proposals.appended(effect);
        group.metrics.appended(effect.index());
    }

    @Override
    public void onRefused(Effect.Refused effect) {
        group.proposals.refused(effect);
    }

    /** What is committed is applied at the end of the turn. */
    @Override
    public void onCommit(Effect.Commit effect) {}

    @Override
    public void onReadReady(Effect.ReadReady effect) {
        group.reads.ready(effect);
    }

    @Override
    public void onReadFailed(Effect.ReadFailed effect) {
        group.reads.failed(effect);
    }

    @Override
    public void onRoleChanged(Effect.RoleChanged effect) {
        LOG.debug(
                "group {} {}: {} in term {}, leader {}: {}",
                groupId,
                self,
                effect.role(),
                effect.term(),
                Message.name(effect.leader()),
                effect.why());
        group.metrics.role(effect.role() == Role.LEADER, effect.term());
        group.forwards.leaderChanged();
        if (effect.role() == Role.LEADER) {
            observer().becameLeader(groupId, self, effect.term(), core.lastIndex());
            group.proposals.leads(effect.term());
        } else if (wasLeader) {
            observer().steppedDown(groupId, self, effect.term());
            group.proposals.deposed(effect.term());
        }
        if (effect.role() == Role.LEARNER) {
            // Nobody tells one outside of the group what became of its proposals.
            group.proposals.lost();
        }
        wasLeader = effect.role() == Role.LEADER;
    }

    @Override
    public void onSendSnapshot(Effect.SendSnapshot effect) {
        group.outgoing.start(effect.to(), effect.term());
    }

    @Override
    public void onTakeChunk(Effect.TakeChunk effect) {
        group.incoming.take(effect.from(), effect.message());
    }

    @Override
    public void onInstall(Effect.Install effect) {
        group.state.install(effect.meta());
    }

    @Override
    public void onFetch(Effect.Fetch effect) {
        group.fetches.start(effect);
    }

    @Override
    public void onHandOverDue(Effect.HandOverDue effect) {
        group.handOver.due(effect.to());
    }

    @Override
    public void onHandsOver(Effect.HandsOver effect) {
        LOG.info("group {} {}: hands over to {}: {}", groupId, self, effect.to(), effect.motive());
        observer().handsOver(groupId, self, effect.to(), effect.motive());
    }

    @Override
    public void onConfigurationChanged(Effect.ConfigurationChanged effect) {
        if (core.role() == Role.LEADER) {
            LOG.info("group {}: at index {} {}", groupId, effect.index(), effect.configuration());
        }
        observer().configurationChanged(groupId, self, effect.index(), effect.configuration());
    }

    @Override
    public void onChangeEnded(Effect.ChangeEnded effect) {
        group.changes.ended(effect);
    }

    @Override
    public void onRemoved(Effect.Removed effect) {
        LOG.info("group {} {}: the group goes on without this replica since index {}", groupId, self, effect.index());
        observer().removed(groupId, self, effect.index());
        group.news.removed(effect.index());
    }

    @Override
    public void onRecoveryEnded(Effect.RecoveryEnded effect) {
        LOG.info("group {} {}: has recovered from its peers, votes and counts again", groupId, self);
        observer().recoveryEnded(groupId, self);
        group.inBackground(
                () -> {
                    node.folder().recovered(groupId);
                    return groupId;
                },
                done -> {},
                failure -> LOG.warn("group {}: will recover once more after a restart", groupId, failure));
    }

    @Override
    public void onAlarm(Effect.Alarm effect) {
        LOG.error("group {} {}: {}", groupId, self, effect.what());
        group.metrics.dropped(effect.what());
        observer().dropped(effect.what());
    }
}
