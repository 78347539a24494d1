package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import java.util.Arrays;
import java.util.Collection;

/**
 * The office of leader: appends, commits (Raft §3.6.2), keeps its followers or steps down. What else belongs to it is in {@link
 * Replication}, {@link LeaderReads}, {@link MembershipChange} and {@link Transfer}. Threads: the group's loop.
 *
 * <p>Entries go to the followers in the turn in which they are appended, while the own disk is still writing; the own
 * copy counts when it is durable, as any other. Followers learn of a commit with the next append or heartbeat.
 */
final class Leader {
    final Replication replication;
    final LeaderReads reads;
    final Lease lease;
    final Transfer transfer;
    final MembershipChange change;
    private final RaftCore core;
    private final ReadRounds rounds = new ReadRounds();
    private final LogClock clock;
    private long uncommittedBytes;
    private long heartbeatDue;
    private long quorumCheckDue;

    Leader(RaftCore core) {
        this.core = core;
        this.replication = new Replication(core, rounds);
        this.lease = new Lease(core);
        this.reads = new LeaderReads(core, replication, lease, rounds);
        this.transfer = new Transfer(core, this);
        this.change = new MembershipChange(core, this);
        this.clock = new LogClock(core.options.electionMaxMs());
    }

    /** @param handedOver whether the leader before told this replica to campaign */
    void start(boolean handedOver) {
        core.becomeRole(Role.LEADER, core.self, "a majority voted for it");
        replication.start();
        uncommittedBytes = 0;
        transfer.reset();
        core.hibernation.active();
        heartbeatDue = nextBeat();
        quorumCheckDue = core.now + core.nanos(core.options.electionMaxMs());
        change.start();
        lease.start();
        core.succession.takeOffice(handedOver);
        clock.takeOffice(core.now, core.lastTimeMs());
        // Nothing of earlier terms may be committed by counting (§3.6.2), nor read (§6.4), before an entry of this term
        // is.
        append(Entry.encodeBody(Entry.Type.NO_OP, core.lastTimeMs(), Bytes.EMPTY));
        replication.flush();
    }

    void stop() {
        reads.stop();
        change.stop();
        transfer.reset();
        replication.stop();
    }

    /** All groups of a process share one beat, so that their heartbeats travel in one frame per peer. */
    private long nextBeat() {
        long beat = core.nanos(core.options.heartbeatMs());
        return (Math.floorDiv(core.now, beat) + 1) * beat;
    }

    long nextDeadline() {
        return Math.min(heartbeatDue, quorumCheckDue);
    }

    void tick() {
        if (core.now >= quorumCheckDue) {
            quorumCheckDue = core.now + core.nanos(core.options.electionMinMs());
            if (!core.configuration().hasQuorum(replication::hears)) {
                core.becomeFollower(core.term(), null, "no quorum was heard for an election time-out");
                core.elections.restartTimer();
                return;
            }
        }
        transfer.tick();
        if (core.now >= heartbeatDue) {
            heartbeatDue = nextBeat();
            change.tick();
            core.succession.beat();
            if (core.role != Role.LEADER) {
                return;
            }
            if (maySleep()) {
                sleep();
                return;
            }
            lease.beat(rounds);
            replication.beat();
            // A group of one has nobody to wait for.
            reads.release();
        }
    }

    /** Whether nothing is asked of the group, and everybody has everything and spoke of late. */
    private boolean maySleep() {
        long last = core.log.lastIndex();
        return core.hibernation.isDue()
                && core.isReady()
                && core.commitIndex == last
                && core.persistedIndex() == last
                && !transfer.isUnderWay()
                && rounds.isEmpty()
                && change.isAtRest()
                && !core.succession.isDue()
                && replication.isComplete(last);
    }

    private void sleep() {
        replication.letSleep();
        lease.drop();
        core.hibernation.sleep();
    }

    /** Speaks to all at once, and knows of nobody how long it was silent: it begins to count anew. */
    void woke() {
        replication.countSilenceAnew();
        heartbeatDue = core.now;
        quorumCheckDue = core.now + core.nanos(core.options.electionMaxMs());
    }

    /** The answers to what it said before are read first, or those to the next heartbeat, before it judges who is there. */
    void paused() {
        lease.drop();
        quorumCheckDue = Math.max(quorumCheckDue, core.now + 2 * core.nanos(core.options.heartbeatMs()));
    }

    void propose(Input.Propose input) {
        core.hibernation.active();
        if (core.role != Role.LEADER) {
            refuse(input, Effect.Refused.Reason.NOT_LEADER);
        } else if (transfer.isUnderWay()) {
            refuse(input, Effect.Refused.Reason.TRANSFERRING);
        } else if (uncommittedBytes > core.options.maxUncommittedBytes()) {
            refuse(input, Effect.Refused.Reason.TOO_MANY_UNCOMMITTED);
        } else if (core.unappliedBytes() > core.options.maxUnappliedBytes()) {
            refuse(input, Effect.Refused.Reason.TOO_MANY_UNAPPLIED);
        } else {
            long timeMs = clock.stamp(core.now, core.lastTimeMs(), input.wallClockMs());
            append(CommandBatch.encodeBody(timeMs, input.commands()));
            core.emit(new Effect.Appended(input.token(), core.log.lastIndex(), core.term()));
        }
    }

    private void refuse(Input.Propose input, Effect.Refused.Reason reason) {
        core.emit(new Effect.Refused(input.token(), reason, core.leader));
    }

    void append(Bytes body) {
        core.append(Entry.of(core.log.lastIndex() + 1, core.term(), body));
        uncommittedBytes += body.length();
    }

    void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
        Progress progress = replication.of(from);
        // Else it was left out meanwhile, or the answer is of its life before it lost something.
        if (progress != null && progress.fence.isOpen()) {
            answered(from, progress, message);
        }
    }

    /**
     * It counts again once it holds an entry that was appended after it said that it had lost something, and that the
     * others committed without it.
     */
    void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse message) {
        Progress progress = replication.of(from);
        if (progress == null) {
            return;
        }
        if (!progress.fence.knows(message.nonce())) {
            progress.fence.raise(message.nonce(), core.log.lastIndex() + 1);
            progress.forgetMatch();
            transfer.forget(from);
            append(Entry.encodeBody(Entry.Type.NO_OP, core.lastTimeMs(), Bytes.EMPTY));
        }
        answered(from, progress, message.answer());
        if (progress.fence.opens(progress.matchIndex, core.commitIndex)) {
            advanceCommit();
            reads.release();
        }
        if (progress.fence.isOpen()) {
            core.send(from, new Message.Recovered(core.term(), message.nonce(), progress.fence.index()));
        }
    }

    private void answered(ReplicaId from, Progress progress, Message.AppendResponse message) {
        if (message.index() > core.log.lastIndex() || message.round() > rounds.lastRound()) {
            core.emit(new Effect.Alarm("refused an answer that fits nothing sent, from " + from + ": " + message));
            return;
        }
        progress.lastHeardNanos = core.now;
        progress.unappliedBytes = message.unappliedBytes();
        if (message.round() > progress.roundHeard) {
            progress.roundHeard = message.round();
            reads.release();
        }
        if (message.success()) {
            matched(from, progress, message.index());
        } else {
            replication.mismatched(from, progress, message);
        }
    }

    private void matched(ReplicaId from, Progress progress, long index) {
        boolean news = replication.matched(progress, index);
        if (change.isUnderWay()) {
            progress.catchUp.matched(
                    progress.matchIndex, core.log.lastIndex(), core.now, core.nanos(core.options.electionMinMs()));
        }
        if (news) {
            advanceCommit();
        }
        transfer.matched(from, progress.matchIndex);
    }

    /** The followers are those of the configuration in force, from the moment it is appended. */
    void configurationChanged() {
        // What was echoed counts for another set of voters.
        lease.drop();
        replication.configurationChanged();
    }

    /**
     * Commits what a majority holds durably, if it is of this term (Raft §3.6.2, Figure 8).
     */
    void advanceCommit() {
        Configuration configuration = core.configuration();
        long index = majorityIndex(configuration.voters());
        if (configuration.isJoint()) {
            index = Math.min(index, majorityIndex(configuration.oldVoters()));
        }
        if (index > core.commitIndex && core.log.termAt(index) == core.term()) {
            for (long i = core.commitIndex + 1; i <= index; i++) {
                uncommittedBytes -= core.log.isCached(i) && core.termAt(i) == core.term()
                        ? core.log.entry(i).bytes()
                        : 0;
            }
            core.commitTo(index);
            reads.committed();
            change.advance();
        }
    }

    /** The highest index that a majority of {@code voters} holds durably. */
    private long majorityIndex(Collection<ReplicaId> voters) {
        long[] indexes = new long[voters.size()];
        int i = 0;
        for (ReplicaId voter : voters) {
            indexes[i++] = durableIndex(voter);
        }
        Arrays.sort(indexes);
        return indexes.length == 0 ? 0 : indexes[(indexes.length - 1) / 2];
    }

    private long durableIndex(ReplicaId voter) {
        if (voter.equals(core.self)) {
            return core.persistedIndex();
        }
        Progress progress = replication.of(voter);
        return progress == null || !progress.fence.isOpen() ? 0 : progress.matchIndex;
    }
}
