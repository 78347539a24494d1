package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One replica of one group: every decision of Raft, and nothing else. {@link #step} takes what happened and says what is
 * to be done about it; it has no clock, thread or disk, and its only source of chance is given to it. The same inputs
 * give the same effects.
 *
 * <p>This class holds what all roles share: term, vote, log, commit index, and the rule of the disk. What the roles do is
 * in {@link Elections}, {@link Follower} and {@link Leader}.
 *
 * <p><b>The rule of the disk</b> (Raft §3.8): an answer that promises something leaves only when all that was written up
 * to it is durable. Such messages go through {@link #sendWhenDurable}; there is no other way to send one.
 *
 * <p>Threads: one at a time (the group's loop).
 */
public final class RaftCore {
    /**
     * What a replica starts from.
     *
     * @param isIncomplete whether the disk may have lost what the replica had promised, see {@link Recovering}
     */
    public record Recovered(
            HardState hardState,
            LogPosition logStart,
            List<Entry> entries,
            SnapshotMeta snapshot,
            boolean isIncomplete) {
        /** All that the replica ever made durable. */
        public Recovered(HardState hardState, LogPosition logStart, List<Entry> entries, SnapshotMeta snapshot) {
            this(hardState, logStart, entries, snapshot, false);
        }

        /** A replica that never was. */
        public static Recovered fresh(Configuration genesis) {
            return new Recovered(HardState.INITIAL, new LogPosition(0, 0), List.of(), SnapshotMeta.beginning(genesis));
        }
    }

    /** How far the log is durable once the writes up to {@code sequence} are. */
    private static final class Mark {
        final long sequence;
        final long beganNanos;
        long lastIndex;

        Mark(long sequence, long beganNanos, long lastIndex) {
            this.sequence = sequence;
            this.beganNanos = beganNanos;
            this.lastIndex = lastIndex;
        }
    }

    private record Deferred(long sequence, ReplicaId to, Message message) {}

    final long groupId;
    final ReplicaId self;
    final CoreOptions options;
    final RandomGenerator random;
    final RaftLog log;
    final ConfigurationHistory configurations;
    final Elections elections;
    final Follower follower;
    final Leader leaderRole;
    final FollowerReads followerReads;
    final Recovering recovering;
    private final LogRetention retention = new LogRetention(this);
    final Hibernation hibernation;
    final Succession succession;

    long now;
    Role role = Role.FOLLOWER;

    @Nullable
    ReplicaId leader;

    long commitIndex;
    private HardState hardState;
    private SnapshotMeta snapshot;
    private long lastTimeMs;
    private long lastApplied;
    /** Of the entries in (lastApplied, commitIndex], all of which are in memory. */
    private long unappliedBytes;
    /** No configuration up to this index may name this replica, as it was told; -1 if it was not. */
    private long removedAt = -1;

    private final ArrayDeque<Mark> marks = new ArrayDeque<>();
    private final ArrayDeque<Deferred> deferred = new ArrayDeque<>();
    private final List<Effect.Send> sendAfterThisStep = new ArrayList<>();
    private List<Effect> effects = new ArrayList<>();
    private List<Entry> unsaved = new ArrayList<>();
    private boolean hardStateChanged;
    private boolean logStartChanged;
    private long sequence;
    private long persistedSequence;
    private long hardStateSequence;
    private long persistedIndex;

    private final Dispatcher dispatcher = new Dispatcher();
    private final Invariants invariants = new Invariants();

    public RaftCore(
            long groupId,
            ReplicaId self,
            CoreOptions options,
            RandomGenerator random,
            Recovered recovered,
            long nowNanos) {
        this.groupId = groupId;
        this.self = self;
        this.options = options;
        this.random = random;
        this.now = nowNanos;
        this.hardState = recovered.hardState();
        this.snapshot = recovered.snapshot();
        if (snapshot.term() > hardState.term()) {
            // The snapshot became durable before the write that made its term known.
            this.hardState = new HardState(snapshot.term(), null);
            this.hardStateChanged = true;
        }
        this.log = new RaftLog(recovered.logStart(), recovered.entries(), options.lagBytes());
        this.configurations = new ConfigurationHistory(snapshot.configurationIndex(), snapshot.configuration());
        this.lastTimeMs = snapshot.timeMs();
        joinLogAndSnapshot(recovered.entries());
        this.commitIndex = snapshot.index();
        this.lastApplied = snapshot.index();
        this.persistedIndex = log.lastIndex();
        this.hibernation = new Hibernation(this);
        this.succession = new Succession(this);
        // In term 0 it never heard a leader: the term is durable before a leader gets an answer.
        this.elections = new Elections(this, term() > 0 || recovered.isIncomplete());
        this.follower = new Follower(this);
        this.leaderRole = new Leader(this);
        this.followerReads = new FollowerReads(this);
        this.recovering = new Recovering(this, recovered.isIncomplete());
        // The log may have been begun anew, in which case it knows of no term.
        this.hardStateChanged |= recovered.isIncomplete() && term() > 0;
        this.role = followerRole();
        elections.restartTimer();
    }

    /** After a crash between a received snapshot and the write that replaces the log, the snapshot is the newer truth. */
    private void joinLogAndSnapshot(List<Entry> entries) {
        if (snapshot.index() < log.start().index()) {
            throw new IllegalStateException("the log of group " + groupId + " starts behind " + log.start()
                    + " but the newest snapshot covers only " + snapshot.index()
                    + "; restore the snapshot or let this server join again as a new one");
        }
        if (log.termAt(snapshot.index()) != snapshot.term()) {
            log.resetTo(new LogPosition(snapshot.index(), snapshot.term()));
            logStartChanged = true;
            return;
        }
        for (Entry entry : entries) {
            if (entry.index() > snapshot.configurationIndex()) {
                configurations.appended(entry);
            }
            lastTimeMs = Math.max(lastTimeMs, entry.timeMs());
        }
    }

    /**
     * Takes one input.
     *
     * @param nowNanos monotonic, never less than at the call before
     * @return what is to be done, in this order; owned by the caller
     */
    public List<Effect> step(long nowNanos, Input input) {
        now = Math.max(now, nowNanos);
        hibernation.before(input);
        input.dispatch(dispatcher);
        followerReads.release();
        emitPersist();
        recovering.tellEnd();
        releaseDeferred();
        invariants.check(this);
        List<Effect> result = effects;
        effects = result.isEmpty() ? result : new ArrayList<>();
        return result.isEmpty() ? List.of() : result;
    }

    /** Whether this replica wants no {@link Input.Tick} at all until something else happens. */
    public boolean isAsleep() {
        return hibernation.isAsleep();
    }

    /** When the next {@link Input.Tick} is wanted, unless it {@link #isAsleep sleeps}. */
    public long nextDeadlineNanos() {
        return role == Role.LEADER
                ? leaderRole.nextDeadline()
                : Math.min(elections.deadline(), followerReads.deadline());
    }

    /** Tells what the state machine holds, so that the memory of older entries can be freed. */
    public void appliedTo(long index) {
        while (lastApplied < index) {
            unappliedBytes -= log.entry(++lastApplied).bytes();
        }
        evict(log.cachedBytes() - options.cacheBytes());
    }

    /** The bytes of all entries in memory. */
    public long cachedBytes() {
        return log.cachedBytes();
    }

    /**
     * Frees the memory of the oldest entries that are on the disk as well, and that nobody here needs: until {@code bytes}
     * are free, or no such entry is left.
     */
    public void evict(long bytes) {
        long target = log.cachedBytes() - bytes;
        long evictable = Math.min(lastApplied, persistedIndex);
        while (log.cachedBytes() > target && log.firstCached() <= evictable) {
            log.evictTo(log.firstCached());
        }
    }

    public ReplicaId self() {
        return self;
    }

    public Role role() {
        return role;
    }

    public long term() {
        return hardState.term();
    }

    public @Nullable ReplicaId votedFor() {
        return hardState.votedFor();
    }

    public @Nullable ReplicaId leader() {
        return leader;
    }

    public long commitIndex() {
        return commitIndex;
    }

    public long lastIndex() {
        return log.lastIndex();
    }

    /** Whether it lost what it had promised, so that it neither votes nor counts yet. */
    public boolean isRecovering() {
        return recovering.isOn();
    }

    /** A random number that no other life of this replica has. */
    public long life() {
        return followerReads.life();
    }

    /** How far the own log is durable. */
    public long persistedIndex() {
        return persistedIndex;
    }

    /** How far the state machine is, as {@link #appliedTo} told. */
    long lastApplied() {
        return lastApplied;
    }

    /** The bytes of the entries that are committed and not applied. */
    public long unappliedBytes() {
        return unappliedBytes;
    }

    /** On a leader, of each other member that has much of that; empty elsewhere. */
    public SortedMap<ReplicaId, Long> followersUnapplied() {
        return role == Role.LEADER ? leaderRole.unappliedBytes() : Collections.emptySortedMap();
    }

    /** On a leader, how many bytes of the log it may keep for those that are sent a snapshot or catch up after one. */
    public long transferBytes() {
        return retention.transferBytes();
    }

    /** The first entry that the log still holds. */
    public long firstIndex() {
        return log.start().index() + 1;
    }

    public SnapshotMeta snapshot() {
        return snapshot;
    }

    public Configuration configuration() {
        return configurations.current();
    }

    /** The index of the entry that holds {@link #configuration}, 0 for the first one. */
    public long configurationIndex() {
        return configurations.currentIndex();
    }

    /** Whether {@link #configuration} is known to be committed, so that no truncation takes it back. */
    boolean isConfigurationCommitted() {
        return configurations.currentIndex() <= commitIndex;
    }

    /** Whether this replica leads and an entry of its own term is committed, so that it may serve reads. */
    public boolean isReady() {
        return role == Role.LEADER && log.termAt(commitIndex) == term();
    }

    /** Whether this replica leads and no other one can at {@code nowNanos}, so that reads need not ask; see {@link Lease}. */
    public boolean holdsLease(long nowNanos) {
        return role == Role.LEADER && leaderRole.lease.holds(nowNanos);
    }

    /** The entry at {@code index}; throws if it is not in memory. What is committed and not applied always is. */
    public Entry entry(long index) {
        return log.entry(index);
    }

    public long termAt(long index) {
        return log.termAt(index);
    }

    /** Whether this replica leads and {@code peer} waits for a snapshot. */
    public boolean isSendingSnapshotTo(ReplicaId peer) {
        return role == Role.LEADER && leaderRole.isSendingSnapshotTo(peer);
    }

    /** Whether this replica leads and hands over just now. */
    public boolean isTransferring() {
        return role == Role.LEADER && leaderRole.isTransferring();
    }

    /** Whether this replica leads and another voter was heard of late. */
    public boolean hasHeir() {
        return role == Role.LEADER && succession.hasHeir();
    }

    /** On a leader how far the log of each other member is known to agree and be durable; empty elsewhere. */
    public SortedMap<ReplicaId, Long> matchIndexes() {
        return role == Role.LEADER ? leaderRole.matchIndexes() : Collections.emptySortedMap();
    }

    /**
     * Whether the configuration in force at {@code index} is known. A replica that joined does not know those before the
     * entry that added it, and a snapshot from there would make others forget theirs.
     */
    public boolean knowsConfigurationAt(long index) {
        return !configurations.at(index).configuration().voters().isEmpty();
    }

    /** What a snapshot of the state at {@code index}, an applied entry, stands for. */
    public SnapshotMeta snapshotAt(long index, long timeMs) {
        ConfigurationHistory.Indexed configuration = configurations.at(index);
        return new SnapshotMeta(index, log.termAt(index), configuration.configuration(), configuration.index(), timeMs);
    }

    // What the roles use.

    void emit(Effect effect) {
        effects.add(effect);
    }

    void send(ReplicaId to, Message message) {
        effects.add(new Effect.Send(to, recovering.marked(message)));
    }

    /** Sends once everything written so far, this step included, is durable. */
    void sendWhenDurable(ReplicaId to, Message message) {
        sendAfterThisStep.add(new Effect.Send(to, recovering.marked(message)));
    }

    boolean isTermDurable() {
        return !hardStateChanged && hardStateSequence <= persistedSequence;
    }

    /** Whether the disk has not finished a write for {@code ms}; never if {@code ms} is 0. */
    boolean isDiskStalledFor(long ms) {
        return ms > 0 && !marks.isEmpty() && now - marks.getFirst().beganNanos >= nanos(ms);
    }

    long nanos(long ms) {
        return TimeUnit.MILLISECONDS.toNanos(ms);
    }

    long lastTimeMs() {
        return lastTimeMs;
    }

    void vote(long term, ReplicaId candidate) {
        if (term < hardState.term()
                || (term == hardState.term()
                        && hardState.votedFor() != null
                        && !candidate.equals(hardState.votedFor()))) {
            throw new IllegalStateException(
                    "cannot vote for " + candidate + " in term " + term + " after " + hardState);
        }
        HardState voted = new HardState(term, candidate);
        if (!voted.equals(hardState)) {
            hardState = voted;
            hardStateChanged = true;
        }
    }

    /** Follows {@code newLeader} in {@code term}, or nobody yet. */
    void becomeFollower(long term, @Nullable ReplicaId newLeader, String why) {
        if (term > hardState.term()) {
            hardState = new HardState(term, null);
            hardStateChanged = true;
        }
        becomeRole(followerRole(), newLeader, why);
    }

    Role followerRole() {
        return mayCampaign() ? Role.FOLLOWER : Role.LEARNER;
    }

    /** Whether this replica, as far as it knows, is a voter of the group. */
    boolean mayCampaign() {
        return configuration().isVoter(self) && removedAt < configurations.currentIndex() && !recovering.isOn();
    }

    /**
     * Whether this replica does not vote, hears no leader, and was not told why. Then it asks for votes that it does not
     * want: whoever knows that it left says so, see {@link Elections#onRequestVote}.
     */
    boolean mayHaveLeft() {
        return role == Role.LEARNER
                && removedAt < configurations.currentIndex()
                && !configuration().voters().isEmpty();
    }

    /**
     * A member says that a committed configuration does not name this replica. Replicas get no entries any more once they
     * are left out, so they do not find out by themselves, and would ask for votes for ever.
     *
     * <p>The configuration in force here may be the later one by its index and not be in that history: a deposed leader
     * appended it, and nobody is left to cut it. Then the member is in a later term than all of this log.
     */
    private void removed(ReplicaId from, long term, long index) {
        boolean mayBeBehind = index > configurations.currentIndex()
                || term > log.lastTerm()
                || !configuration().members().contains(self);
        // A leader of a group that goes on in a later term is deposed; and if it was elected by nothing but replicas
        // that
        // left, as after a recovery from a lost majority, there is no other way to tell it.
        if (!mayBeBehind || (role == Role.LEADER && term <= term())) {
            return;
        }
        send(from, new Message.RemovedResponse(term(), index));
        if (index > removedAt) {
            removedAt = Math.max(index, configurations.currentIndex());
            becomeRole(followerRole(), null, "the group goes on without it");
            emit(new Effect.Removed(index));
        }
    }

    /** Another configuration is in force: by a new entry, or because one was cut, or by a snapshot. */
    private void configurationChanged() {
        emit(new Effect.ConfigurationChanged(configurations.currentIndex(), configuration()));
        if (role == Role.LEADER) {
            leaderRole.configurationChanged();
        } else if (role != followerRole()) {
            becomeRole(followerRole(), leader, "the configuration changed");
        }
    }

    private long toldTerm = -1;

    void becomeRole(Role newRole, @Nullable ReplicaId newLeader, String why) {
        if (role == newRole && Objects.equals(leader, newLeader) && toldTerm == term()) {
            return;
        }
        if (role == Role.LEADER && newRole != Role.LEADER) {
            leaderRole.stop();
        }
        role = newRole;
        leader = newLeader;
        toldTerm = term();
        followerReads.leaderChanged();
        emit(new Effect.RoleChanged(newRole, term(), newLeader, why));
    }

    void append(Entry entry) {
        log.append(entry);
        unsaved.add(entry);
        lastTimeMs = Math.max(lastTimeMs, entry.timeMs());
        if (configurations.appended(entry)) {
            configurationChanged();
        }
    }

    /** Cuts what a leader of a later term replaces. Never anything committed (Raft §3.6). */
    void truncateFrom(long index) {
        if (index <= commitIndex) {
            throw new IllegalStateException(
                    "group " + groupId + ": asked to cut at " + index + " what is committed up to " + commitIndex
                            + " in term " + term() + "; two histories exist, stop and keep all disks");
        }
        log.truncateFrom(index);
        unsaved.removeIf(entry -> entry.index() >= index);
        // Writes under way may finish later, but what they wrote at these indexes is no longer the log.
        marks.forEach(mark -> mark.lastIndex = Math.min(mark.lastIndex, index - 1));
        persistedIndex = Math.min(persistedIndex, index - 1);
        emit(new Effect.Truncated(index));
        if (configurations.truncatedFrom(index)) {
            configurationChanged();
        }
    }

    void commitTo(long index) {
        if (index <= commitIndex) {
            return;
        }
        if (index > log.lastIndex()) {
            throw new IllegalStateException("commit " + index + " beyond the last entry " + log.lastIndex());
        }
        while (commitIndex < index) {
            unappliedBytes += log.entry(++commitIndex).bytes();
        }
        emit(new Effect.Commit(index));
    }

    private void snapshotStored(SnapshotMeta meta) {
        if (meta.index() <= snapshot.index()) {
            return;
        }
        snapshot = meta;
        compactTo(retention.firstKept(meta.index()) - 1);
    }

    private void compactTo(long index) {
        if (index > log.start().index()) {
            log.compactTo(index);
            configurations.compactTo(index);
            logStartChanged = true;
        }
    }

    private void snapshotReceived(ReplicaId from, SnapshotMeta meta) {
        if (meta.index() > commitIndex) {
            if (log.termAt(meta.index()) == meta.term()) {
                log.compactTo(meta.index());
                configurations.compactTo(meta.index());
            } else {
                log.resetTo(new LogPosition(meta.index(), meta.term()));
                Configuration before = configuration();
                configurations.resetTo(meta);
                if (!configuration().equals(before)) {
                    configurationChanged();
                }
                marks.forEach(mark -> mark.lastIndex = meta.index());
                unsaved.clear();
            }
            // The snapshot itself is durable, whatever becomes of the write that replaces the log.
            persistedIndex = Math.min(Math.max(persistedIndex, meta.index()), log.lastIndex());
            snapshot = meta;
            commitIndex = meta.index();
            lastApplied = meta.index();
            unappliedBytes = 0;
            lastTimeMs = Math.max(lastTimeMs, meta.timeMs());
            logStartChanged = true;
            emit(new Effect.Install(meta));
        }
        follower.acknowledge(from, commitIndex, 0);
    }

    private void persisted(long upTo) {
        persistedSequence = Math.max(persistedSequence, upTo);
        while (!marks.isEmpty() && marks.getFirst().sequence <= upTo) {
            persistedIndex = Math.max(persistedIndex, marks.removeFirst().lastIndex);
        }
        if (role == Role.LEADER) {
            leaderRole.advanceCommit();
        } else if (role == Role.CANDIDATE && isTermDurable()) {
            elections.ownVoteDurable();
        }
    }

    private void emitPersist() {
        if (hardStateChanged || logStartChanged || !unsaved.isEmpty()) {
            sequence++;
            marks.add(new Mark(sequence, now, log.lastIndex()));
            emit(new Effect.Persist(
                    sequence,
                    new GroupWrite(
                            groupId,
                            hardStateChanged ? hardState : null,
                            logStartChanged ? log.start() : null,
                            unsaved)));
            if (hardStateChanged) {
                hardStateSequence = sequence;
            }
            unsaved = new ArrayList<>();
            hardStateChanged = false;
            logStartChanged = false;
        }
        for (Effect.Send send : sendAfterThisStep) {
            deferred.add(new Deferred(sequence, send.to(), send.message()));
        }
        sendAfterThisStep.clear();
    }

    /** Lets go what waited for the disk. Answers of terms gone by are of no use to anybody. */
    private void releaseDeferred() {
        Effect.@Nullable Send ack = null;
        while (!deferred.isEmpty() && deferred.getFirst().sequence() <= persistedSequence) {
            Deferred next = deferred.removeFirst();
            if (next.message().term() < term()) {
                continue;
            }
            Effect.Send send = new Effect.Send(next.to(), next.message());
            if (ack != null && !Follower.covers(send, ack)) {
                effects.add(ack);
            }
            ack = null;
            if (next.message() instanceof Message.AppendResponse response && response.success()) {
                ack = send;
            } else {
                effects.add(send);
            }
        }
        if (ack != null) {
            effects.add(ack);
        }
    }

    SortedMap<ReplicaId, Progress> freshProgress() {
        SortedMap<ReplicaId, Progress> all = new TreeMap<>();
        for (ReplicaId member : configuration().members()) {
            if (!member.equals(self)) {
                all.put(member, new Progress(log.lastIndex() + 1, now));
            }
        }
        return all;
    }

    private final class Dispatcher implements Input.Handler {
        @Override
        public void onTick() {
            if (hibernation.isAsleep()) {
                return;
            }
            if (role == Role.LEADER) {
                leaderRole.tick();
            } else {
                followerReads.tick();
                elections.tick();
            }
        }

        @Override
        public void onReceive(Input.Receive input) {
            if (!input.from().equals(self)) {
                input.message().dispatch(input.from(), messages);
            }
        }

        @Override
        public void onPropose(Input.Propose input) {
            leaderRole.propose(input);
        }

        @Override
        public void onRead(Input.Read input) {
            if (role == Role.LEADER || input.mode() != ReadMode.ANY) {
                leaderRole.read(input.token(), input.mode());
            } else {
                followerReads.read(input.token());
            }
        }

        @Override
        public void onPersisted(Input.Persisted input) {
            persisted(input.sequence());
        }

        @Override
        public void onSnapshotStored(Input.SnapshotStored input) {
            snapshotStored(input.meta());
        }

        @Override
        public void onTrimLog() {
            compactTo(snapshot.index());
        }

        @Override
        public void onStray(Input.Stray input) {
            elections.tellIfItLeft(input.from());
        }

        @Override
        public void onSnapshotReceived(Input.SnapshotReceived input) {
            snapshotReceived(input.from(), input.meta());
        }

        @Override
        public void onSnapshotSending(Input.SnapshotSending input) {
            leaderRole.snapshotSending(input);
        }

        @Override
        public void onSnapshotFailed(Input.SnapshotFailed input) {
            leaderRole.snapshotFailed(input.peer());
        }

        @Override
        public void onFetched(Input.Fetched input) {
            leaderRole.fetched(input.peer(), input.entries());
        }

        @Override
        public void onLinkDown(Input.LinkDown input) {
            elections.linkDown(input.peer());
        }

        @Override
        public void onPaused() {
            if (role == Role.LEADER) {
                leaderRole.paused();
            } else {
                elections.paused();
            }
        }

        @Override
        public void onForgot() {
            // What still waits for the disk was promised without knowing of what is lost.
            deferred.clear();
            recovering.begin();
        }

        @Override
        public void onTransferLeadership(Input.TransferLeadership input) {
            leaderRole.transfer(input.target(), succession.motive(input.target()));
        }

        @Override
        public void onPreferLeader(Input.PreferLeader input) {
            succession.prefer(input.replica());
        }

        @Override
        public void onStandAside(Input.StandAside input) {
            succession.standAside(input.aside());
        }

        @Override
        public void onChangeMembers(Input.ChangeMembers input) {
            leaderRole.change.begin(input);
        }

        @Override
        public void onAbortChange(Input.AbortChange input) {
            leaderRole.change.abort(input.token());
        }

        @Override
        public void onFlush(Input.Flush input) {
            if (role == Role.LEADER) {
                leaderRole.flush(input.congested());
            }
        }

        private final Message.Handler messages = new Message.Handler() {
            @Override
            public void onRequestVote(ReplicaId from, Message.RequestVote message) {
                elections.onRequestVote(from, message);
            }

            @Override
            public void onVoteResponse(ReplicaId from, Message.VoteResponse message) {
                elections.onVoteResponse(from, message);
            }

            @Override
            public void onAppendEntries(ReplicaId from, Message.AppendEntries message) {
                follower.onAppendEntries(from, message);
            }

            @Override
            public void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
                if (message.term() > term()) {
                    becomeFollower(message.term(), null, from + " is in a later term");
                } else if (message.term() == term() && role == Role.LEADER) {
                    leaderRole.onAppendResponse(from, message);
                }
            }

            @Override
            public void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse message) {
                if (message.term() > term()) {
                    becomeFollower(message.term(), null, from + " is in a later term");
                } else if (message.term() == term() && role == Role.LEADER) {
                    leaderRole.onRecoveringResponse(from, message);
                }
            }

            @Override
            public void onRecovered(ReplicaId from, Message.Recovered message) {
                recovering.onRecovered(from, message);
            }

            @Override
            public void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot message) {
                follower.onInstallSnapshot(from, message);
            }

            @Override
            public void onSnapshotResponse(ReplicaId from, Message.SnapshotResponse message) {
                if (message.term() > term()) {
                    becomeFollower(message.term(), null, from + " is in a later term");
                } else if (message.term() == term() && role == Role.LEADER) {
                    leaderRole.heard(from);
                }
            }

            @Override
            public void onSleep(ReplicaId from, Message.Sleep message) {
                follower.onSleep(from, message);
            }

            @Override
            public void onTimeoutNow(ReplicaId from, Message.TimeoutNow message) {
                if (message.term() == term() && role == Role.FOLLOWER && succession.mayLead()) {
                    elections.campaign(true);
                }
            }

            @Override
            public void onRemoved(ReplicaId from, Message.Removed message) {
                removed(from, message.term(), message.configurationIndex());
            }

            @Override
            public void onRemovedResponse(ReplicaId from, Message.RemovedResponse message) {
                if (role == Role.LEADER) {
                    leaderRole.change.knowsThatItLeft(from, message.configurationIndex());
                }
            }

            @Override
            public void onReadIndex(ReplicaId from, Message.ReadIndex message) {
                leaderRole.onReadIndex(from, message);
            }

            @Override
            public void onReadIndexResponse(ReplicaId from, Message.ReadIndexResponse message) {
                followerReads.onResponse(message);
            }

            @Override
            public void onForward(ReplicaId from, Message.Forward message) {
                emit(new Effect.Alarm("a forwarded proposal of " + from + " is no matter of the core"));
            }

            @Override
            public void onForwardResponse(ReplicaId from, Message.ForwardResponse message) {
                emit(new Effect.Alarm("the outcome of a forwarded proposal is no matter of the core"));
            }
        };
    }
}
