package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One replica of one group: every decision of Raft, and nothing else. {@link #step} takes what happened and says what is
 * to be done about it; it has no clock, thread or disk, and its only source of chance is given to it. The same inputs
 * give the same effects.
 *
 * <p>This class holds what all roles share: term, vote, log and commit index. What the roles do is in {@link Elections}, {@link
 * Follower} and {@link Leader}; {@link Dispatcher} says who takes what, and {@link Durability} when an answer may leave.
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

    final long groupId;
    final ReplicaId self;
    final CoreOptions options;
    final RandomGenerator random;
    final RaftLog log;
    final Durability durability = new Durability(this);
    final ConfigurationHistory configurations;
    final Elections elections;
    final Follower follower;
    final Leader leaderRole;
    final FollowerReads followerReads;
    final Recovering recovering;
    private final LogRetention retention = new LogRetention(this);
    final Hibernation hibernation;
    final Succession succession;
    final Removal removal = new Removal(this);

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

    private List<Effect> effects = new ArrayList<>();
    private final Dispatcher dispatcher = new Dispatcher(this);
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
            durability.hardStateChanged();
        }
        this.log = new RaftLog(recovered.logStart(), recovered.entries(), options.lagBytes());
        this.configurations = new ConfigurationHistory(snapshot.configurationIndex(), snapshot.configuration());
        this.lastTimeMs = snapshot.timeMs();
        joinLogAndSnapshot(recovered.entries());
        this.commitIndex = snapshot.index();
        this.lastApplied = snapshot.index();
        durability.begin(log.lastIndex());
        this.hibernation = new Hibernation(this);
        this.succession = new Succession(this);
        // In term 0 it never heard a leader: the term is durable before a leader gets an answer.
        this.elections = new Elections(this, term() > 0 || recovered.isIncomplete());
        this.follower = new Follower(this);
        this.leaderRole = new Leader(this);
        this.followerReads = new FollowerReads(this);
        this.recovering = new Recovering(this, recovered.isIncomplete());
        // The log may have been begun anew, in which case it knows of no term.
        if (recovered.isIncomplete() && term() > 0) {
            durability.hardStateChanged();
        }
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
            durability.logStartChanged();
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
        durability.write();
        recovering.tellEnd();
        durability.release();
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
        long evictable = Math.min(lastApplied, persistedIndex());
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

    HardState hardState() {
        return hardState;
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

    /** See {@link RaftLog#appendedBytes()}. */
    public long appendedBytes() {
        return log.appendedBytes();
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
        return durability.persistedIndex();
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
        return role == Role.LEADER ? leaderRole.replication.unappliedBytes() : Collections.emptySortedMap();
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
        return role == Role.LEADER && leaderRole.replication.isSendingSnapshotTo(peer);
    }

    /** Whether this replica leads and hands over just now. */
    public boolean isTransferring() {
        return role == Role.LEADER && leaderRole.transfer.isUnderWay();
    }

    /** Whether this replica leads and another voter was heard of late. */
    public boolean hasHeir() {
        return role == Role.LEADER && succession.hasHeir();
    }

    /** On a leader how far the log of each other member is known to agree and be durable; empty elsewhere. */
    public SortedMap<ReplicaId, Long> matchIndexes() {
        return role == Role.LEADER ? leaderRole.replication.matchIndexes() : Collections.emptySortedMap();
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
            durability.hardStateChanged();
        }
    }

    /** Follows {@code newLeader} in {@code term}, or nobody yet. */
    void becomeFollower(long term, @Nullable ReplicaId newLeader, String why) {
        if (term > hardState.term()) {
            hardState = new HardState(term, null);
            durability.hardStateChanged();
        }
        becomeRole(followerRole(), newLeader, why);
    }

    Role followerRole() {
        return mayCampaign() ? Role.FOLLOWER : Role.LEARNER;
    }

    /** Whether this replica, as far as it knows, is a voter of the group. */
    boolean mayCampaign() {
        return configuration().isVoter(self) && !removal.isTold() && !recovering.isOn();
    }

    /**
     * Whether this replica does not vote, hears no leader, and was not told why. Then it asks for votes that it does not
     * want: whoever knows that it left says so, see {@link Elections#onRequestVote}.
     */
    boolean mayHaveLeft() {
        return role == Role.LEARNER
                && !removal.isTold()
                && !configuration().voters().isEmpty();
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
        durability.appended(entry);
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
        durability.truncatedFrom(index);
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

    void snapshotStored(SnapshotMeta meta) {
        if (meta.index() <= snapshot.index()) {
            return;
        }
        snapshot = meta;
        compactTo(retention.firstKept(meta.index()) - 1);
    }

    void compactTo(long index) {
        if (index > log.start().index()) {
            log.compactTo(index);
            configurations.compactTo(index);
            durability.logStartChanged();
        }
    }

    void snapshotReceived(ReplicaId from, SnapshotMeta meta) {
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
                durability.logReplaced(meta.index());
            }
            durability.snapshotReceived(meta.index());
            snapshot = meta;
            commitIndex = meta.index();
            lastApplied = meta.index();
            unappliedBytes = 0;
            lastTimeMs = Math.max(lastTimeMs, meta.timeMs());
            emit(new Effect.Install(meta));
        }
        follower.acknowledge(from, commitIndex, 0);
    }

    void persisted(long upTo) {
        durability.persisted(upTo);
        if (role == Role.LEADER) {
            leaderRole.advanceCommit();
        } else if (role == Role.CANDIDATE && durability.isTermDurable()) {
            elections.ownVoteDurable();
        }
    }
}
