package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Progress.Mode;
import io.raftkv.raft.core.ReadRounds.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Replicates, commits and confirms reads (Raft §3.5, §3.6.2, §6.4, §10.2.1). Threads: the group's loop.
 *
 * <p>Entries go to the followers in the turn in which they are appended, while the own disk is still writing; the own
 * copy counts when it is durable, as any other. Followers learn of a commit with the next append or heartbeat.
 */
final class Leader {
    /** Above, followers that ask for a read index get no answer. */
    private static final int MAX_WAITING_READS = 16 << 10;

    final MembershipChange change;
    final Lease lease;
    private final RaftCore core;
    private final ReadRounds rounds = new ReadRounds();
    private final LogClock clock;
    private final List<Reader> readsBeforeNoOp = new ArrayList<>();
    private SortedMap<ReplicaId, Progress> followers = new TreeMap<>();
    private Set<Long> congested = Set.of();
    private long uncommittedBytes;
    private long heartbeatDue;
    private long quorumCheckDue;
    private @Nullable ReplicaId transferee;
    private long transferDeadline;

    Leader(RaftCore core) {
        this.core = core;
        this.change = new MembershipChange(core, this);
        this.lease = new Lease(core);
        this.clock = new LogClock(core.options.electionMaxMs());
    }

    /** @param handedOver whether the leader before told this replica to campaign */
    void start(boolean handedOver) {
        core.becomeRole(Role.LEADER, core.self, "a majority voted for it");
        followers = core.freshProgress();
        uncommittedBytes = 0;
        transferee = null;
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
        flush(congested);
    }

    void stop() {
        rounds.drain(this::cannotRead);
        readsBeforeNoOp.forEach(this::cannotRead);
        readsBeforeNoOp.clear();
        change.stop();
        transferee = null;
        followers = new TreeMap<>();
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
            long since = core.now - core.nanos(core.options.electionMaxMs());
            if (!core.configuration().hasQuorum(id -> id.equals(core.self) || lastHeard(id) > since)) {
                core.becomeFollower(core.term(), null, "no quorum was heard for an election time-out");
                core.elections.restartTimer();
                return;
            }
        }
        if (transferee != null && (core.now >= transferDeadline || isSilent(transferee))) {
            transferee = null;
            core.succession.failed();
        }
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
            followers.forEach((peer, progress) -> {
                if (progress.mode == Mode.PROBE) {
                    progress.waiting = false;
                }
                replicate(peer, progress, true);
            });
            // A group of one has nobody to wait for.
            releaseReads();
        }
    }

    /** Whether nothing is asked of the group, and everybody has everything and spoke of late. */
    private boolean maySleep() {
        long last = core.log.lastIndex();
        return core.hibernation.isDue()
                && core.isReady()
                && core.commitIndex == last
                && core.persistedIndex() == last
                && transferee == null
                && rounds.isEmpty()
                && change.isAtRest()
                && !core.succession.isDue()
                && followers.values().stream()
                        .allMatch(follower -> follower.matchIndex == last
                                && follower.fence.isOpen()
                                && follower.mode == Mode.REPLICATE
                                && core.now - follower.lastHeardNanos < core.nanos(core.options.electionMinMs()));
    }

    private void sleep() {
        Message word = new Message.Sleep(core.term(), core.log.lastIndex(), core.log.lastTerm());
        followers.keySet().forEach(peer -> core.send(peer, word));
        lease.drop();
        core.hibernation.sleep();
    }

    /** Speaks to all at once, and knows of nobody how long it was silent: it begins to count anew. */
    void woke() {
        followers.values().forEach(follower -> follower.lastHeardNanos = core.now);
        heartbeatDue = core.now;
        quorumCheckDue = core.now + core.nanos(core.options.electionMaxMs());
    }

    /** The answers to what it said before are read first, or those to the next heartbeat, before it judges who is there. */
    void paused() {
        lease.drop();
        quorumCheckDue = Math.max(quorumCheckDue, core.now + 2 * core.nanos(core.options.heartbeatMs()));
    }

    private long lastHeard(ReplicaId id) {
        Progress progress = followers.get(id);
        return progress == null || !progress.fence.isOpen() ? Long.MIN_VALUE : progress.lastHeardNanos;
    }

    void propose(Input.Propose input) {
        core.hibernation.active();
        if (core.role != Role.LEADER) {
            refuse(input, Effect.Refused.Reason.NOT_LEADER);
        } else if (transferee != null) {
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

    void read(long token, ReadMode mode) {
        Reader here = new Reader(null, 0, token);
        if (mode == ReadMode.LEASE && core.holdsLease(core.now)) {
            core.hibernation.active();
            canRead(here, core.commitIndex);
        } else if (core.role == Role.LEADER) {
            read(here);
        } else {
            cannotRead(here);
        }
    }

    /** A follower that wants to serve reads itself. */
    void onReadIndex(ReplicaId from, Message.ReadIndex message) {
        Reader reader = new Reader(from, message.life(), message.id());
        if (core.role != Role.LEADER) {
            cannotRead(reader);
        } else if (rounds.size() + readsBeforeNoOp.size() < MAX_WAITING_READS) {
            read(reader);
        }
        // Else it gets no answer, and tells its callers to come again later.
    }

    private void read(Reader reader) {
        core.hibernation.active();
        if (core.isReady()) {
            rounds.add(reader, core.commitIndex);
            releaseReads();
        } else {
            readsBeforeNoOp.add(reader);
        }
    }

    private void cannotRead(Reader reader) {
        ReplicaId follower = reader.follower();
        if (follower == null) {
            core.emit(new Effect.ReadFailed(
                    reader.token(), Effect.ReadFailed.Cause.NOT_LEADER, core.role == Role.LEADER ? null : core.leader));
        } else {
            core.durability.sendWhenDurable(
                    follower, new Message.ReadIndexResponse(core.term(), reader.life(), reader.token(), -1));
        }
    }

    private void canRead(Reader reader, long index) {
        ReplicaId follower = reader.follower();
        if (follower == null) {
            core.emit(new Effect.ReadReady(reader.token(), index));
        } else {
            core.send(follower, new Message.ReadIndexResponse(core.term(), reader.life(), reader.token(), index));
        }
    }

    private void releaseReads() {
        Configuration configuration = core.configuration();
        LongPredicate confirmed =
                round -> configuration.hasQuorum(id -> id.equals(core.self) || roundHeard(id) >= round);
        rounds.release(confirmed, this::canRead);
        lease.echoed(confirmed);
    }

    private long roundHeard(ReplicaId id) {
        Progress progress = followers.get(id);
        return progress == null || !progress.fence.isOpen() ? -1 : progress.roundHeard;
    }

    void heard(ReplicaId from) {
        Progress progress = followers.get(from);
        if (progress != null) {
            progress.lastHeardNanos = core.now;
        }
    }

    void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
        Progress progress = followers.get(from);
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
        Progress progress = followers.get(from);
        if (progress == null) {
            return;
        }
        if (!progress.fence.knows(message.nonce())) {
            progress.fence.raise(message.nonce(), core.log.lastIndex() + 1);
            progress.forgetMatch();
            transferee = from.equals(transferee) ? null : transferee;
            append(Entry.encodeBody(Entry.Type.NO_OP, core.lastTimeMs(), Bytes.EMPTY));
        }
        answered(from, progress, message.answer());
        if (progress.fence.opens(progress.matchIndex, core.commitIndex)) {
            advanceCommit();
            releaseReads();
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
            releaseReads();
        }
        if (message.success()) {
            matched(from, progress, message.index());
        } else {
            mismatched(from, progress, message);
        }
    }

    private void matched(ReplicaId from, Progress progress, long index) {
        boolean news = progress.matched(index);
        progress.doubtRound = 0;
        if (change.isUnderWay()) {
            progress.catchUp.matched(
                    progress.matchIndex, core.log.lastIndex(), core.now, core.nanos(core.options.electionMinMs()));
        }
        // News from one that is being sent a snapshot: it has it. If the log was compacted behind that meanwhile, the
        // next look at its place in the log asks for another one.
        if (progress.mode == Mode.SNAPSHOT
                ? news || progress.matchIndex >= core.log.start().index()
                : progress.mode == Mode.PROBE && index >= progress.nextIndex - 1) {
            progress.become(Mode.REPLICATE, progress.matchIndex + 1);
        }
        if (progress.mode == Mode.REPLICATE && progress.nextIndex >= core.log.firstCached()) {
            progress.snapshotBytes = 0;
        }
        if (news) {
            advanceCommit();
        }
        if (from.equals(transferee) && progress.matchIndex == core.log.lastIndex()) {
            core.send(from, new Message.TimeoutNow(core.term()));
        }
    }

    private void mismatched(ReplicaId from, Progress progress, Message.AppendResponse message) {
        boolean current = progress.mode == Mode.REPLICATE
                ? message.index() > progress.matchIndex
                : progress.mode == Mode.PROBE && message.index() == progress.nextIndex - 1;
        if (!current) {
            return;
        }
        boolean perhapsLate = progress.doubtRound == 0 || message.round() < progress.doubtRound;
        if (message.hintIndex() < progress.matchIndex && (message.index() > progress.matchIndex || perhapsLate)) {
            // Perhaps an acknowledgement overtook this refusal: ask again at what was acknowledged.
            progress.doubtRound = progress.doubtRound == 0 ? rounds.begin() : progress.doubtRound;
            progress.become(Mode.PROBE, progress.matchIndex + 1);
            return;
        }
        if (message.hintIndex() < progress.matchIndex) {
            progress.doubtRound = 0;
            core.emit(new Effect.Alarm(from + " acknowledged entry " + progress.matchIndex + " and now ends at "
                    + message.hintIndex() + ": its disk lost what it had promised to keep"));
            // What it lost counts no more, and is sent again.
            progress.matchIndex = 0;
        }
        long next = Math.min(message.hintIndex(), core.log.lastIndex());
        while (next > progress.matchIndex
                && next > core.log.start().index()
                && core.log.termAt(next) > message.hintTerm()) {
            next = core.log.firstIndexOfTermAt(next) - 1;
        }
        if (next > progress.matchIndex
                && next == core.log.start().index()
                && core.log.termAt(next) > message.hintTerm()) {
            // They differ where this log starts, so what it needs is gone: to ask there again would go on for ever.
            next--;
        }
        progress.become(Mode.PROBE, next + 1);
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
            readsBeforeNoOp.forEach(reader -> rounds.add(reader, core.commitIndex));
            readsBeforeNoOp.clear();
            releaseReads();
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
        Progress progress = followers.get(voter);
        return progress == null || !progress.fence.isOpen() ? 0 : progress.matchIndex;
    }

    void flush(Set<Long> congestedServers) {
        congested = congestedServers;
        for (Map.Entry<ReplicaId, Progress> follower : followers.entrySet()) {
            replicate(follower.getKey(), follower.getValue(), false);
        }
    }

    /** Sends what {@code peer} lacks as far as its window allows; at least something if a beat or a read round is due. */
    private void replicate(ReplicaId peer, Progress progress, boolean beat) {
        boolean spoke = false;
        if (progress.mode == Mode.REPLICATE && isCompacted(progress)) {
            // Before the window is looked at: what it waits for is gone, and a beat could not find that out.
            sendSnapshot(peer, progress);
        }
        while (mayStream(progress) && !congested.contains(peer.server())) {
            if (isCompacted(progress)) {
                sendSnapshot(peer, progress);
            } else if (!core.log.isCached(progress.nextIndex)) {
                fetch(peer, progress);
            } else {
                sendEntries(peer, progress, core.log.entries(progress.nextIndex, core.options.maxAppendBytes()));
                spoke = true;
            }
        }
        if (!spoke && (beat || (progress.roundSent < rounds.lastRound() && !rounds.isEmpty()))) {
            sendBeat(peer, progress);
        }
    }

    private boolean isCompacted(Progress progress) {
        return core.log.termAt(progress.nextIndex - 1) < 0;
    }

    private void sendSnapshot(ReplicaId peer, Progress progress) {
        progress.become(Mode.SNAPSHOT, progress.nextIndex);
        core.emit(new Effect.SendSnapshot(peer, core.term()));
    }

    private boolean mayStream(Progress progress) {
        return progress.mode != Mode.SNAPSHOT
                && !progress.waiting
                && progress.nextIndex <= core.log.lastIndex()
                && progress.unappliedBytes <= core.options.maxUnappliedBytes()
                && !progress.windowFull(core.options);
    }

    private void fetch(ReplicaId peer, Progress progress) {
        if (progress.mode == Mode.PROBE) {
            // Where the logs agree is asked without entries; they are read from disk once it is known.
            progress.waiting = true;
            sendAppend(peer, progress, progress.nextIndex - 1, List.of());
        } else {
            progress.waiting = true;
            core.emit(new Effect.Fetch(
                    peer, progress.nextIndex, core.log.firstCached() - 1, core.options.maxAppendBytes()));
        }
    }

    private void sendEntries(ReplicaId peer, Progress progress, List<Entry> entries) {
        long prev = progress.nextIndex - 1;
        long bytes = 0;
        for (Entry entry : entries) {
            bytes += entry.bytes();
        }
        sendAppend(peer, progress, prev, entries);
        progress.sent(prev + entries.size(), bytes);
    }

    /** An append without entries: it keeps the follower, tells the commit index, finds out what got lost. */
    private void sendBeat(ReplicaId peer, Progress progress) {
        long prev = progress.nextIndex - 1;
        boolean known = progress.mode != Mode.SNAPSHOT && core.log.termAt(prev) >= 0;
        sendAppend(peer, progress, known ? prev : 0, List.of());
    }

    private void sendAppend(ReplicaId peer, Progress progress, long prev, List<Entry> entries) {
        progress.roundSent = rounds.lastRound();
        long prevTerm = prev == 0 ? 0 : core.log.termAt(prev);
        core.send(
                peer,
                new Message.AppendEntries(core.term(), prev, prevTerm, core.commitIndex, rounds.lastRound(), entries));
    }

    void fetched(ReplicaId peer, List<Entry> entries) {
        Progress progress = followers.get(peer);
        if (core.role != Role.LEADER || progress == null || progress.mode != Mode.REPLICATE || !progress.waiting) {
            return;
        }
        progress.waiting = false;
        Entry last = entries.isEmpty() ? null : entries.get(entries.size() - 1);
        if (last == null
                || entries.get(0).index() != progress.nextIndex
                || core.log.termAt(progress.nextIndex - 1) < 0
                || core.log.termAt(last.index()) != last.term()) {
            progress.become(Mode.PROBE, progress.nextIndex);
            progress.waiting = true;
            return;
        }
        sendEntries(peer, progress, entries);
    }

    Collection<Progress> followers() {
        return followers.values();
    }

    boolean isSendingSnapshotTo(ReplicaId peer) {
        Progress progress = followers.get(peer);
        return progress != null && progress.mode == Mode.SNAPSHOT;
    }

    void snapshotSending(Input.SnapshotSending input) {
        Progress progress = followers.get(input.peer());
        if (progress != null && progress.mode == Mode.SNAPSHOT) {
            progress.snapshotIndex = input.index();
            progress.snapshotBytes = input.bytes();
        }
    }

    void snapshotFailed(ReplicaId peer) {
        Progress progress = followers.get(peer);
        if (core.role == Role.LEADER && progress != null && progress.mode == Mode.SNAPSHOT) {
            progress.become(Mode.PROBE, progress.nextIndex);
            progress.waiting = true;
        }
    }

    /** The followers are those of the configuration in force, from the moment it is appended. */
    void configurationChanged() {
        // What was echoed counts for another set of voters.
        lease.drop();
        SortedSet<ReplicaId> members = core.configuration().members();
        followers.keySet().retainAll(members);
        for (ReplicaId member : members) {
            if (!member.equals(core.self) && !followers.containsKey(member)) {
                // The entry that adds it goes out at once, and finds out what else it needs.
                followers.put(member, new Progress(core.log.lastIndex(), core.now));
            }
        }
    }

    boolean isTransferring() {
        return transferee != null;
    }

    long matchIndex(ReplicaId id) {
        Progress progress = followers.get(id);
        return progress == null ? 0 : progress.matchIndex;
    }

    /** Whether {@code id} answered within an election time-out. */
    boolean hears(ReplicaId id) {
        return id.equals(core.self) || lastHeard(id) > core.now - core.nanos(core.options.electionMaxMs());
    }

    /** Whether {@code follower} answered one of the last two heartbeats. */
    boolean hearsNow(ReplicaId follower) {
        return lastHeard(follower) > core.now - 2 * core.nanos(core.options.heartbeatMs());
    }

    /**
     * Of the candidates who were heard of late, the one that lacks least; another one than {@code last} if possible. Which one
     * of equals depends on the group, so that not all groups of a server fall to one.
     */
    @Nullable
    ReplicaId heir(Collection<ReplicaId> candidates, @Nullable ReplicaId last) {
        List<ReplicaId> order = new ArrayList<>(candidates);
        Collections.rotate(order, Math.floorMod(core.groupId, Math.max(1, order.size())));
        ReplicaId best = null;
        for (ReplicaId candidate : order) {
            boolean better = best == null
                    || best.equals(last)
                    || (!candidate.equals(last) && matchIndex(candidate) > matchIndex(best));
            if (better && hears(candidate)) {
                best = candidate;
            }
        }
        return best;
    }

    /** Whether it answered none of the heartbeats of a shortest election time-out. */
    private boolean isSilent(ReplicaId id) {
        return lastHeard(id) < core.now - core.nanos(core.options.electionMinMs());
    }

    boolean keepsUp(ReplicaId learner) {
        Progress progress = followers.get(learner);
        return progress != null && progress.catchUp.keepsUp();
    }

    /**
     * Hands over to {@code target} (Raft §3.10): takes no more proposals, and once the target holds everything tells it to
     * campaign, again with each of its answers. Given up after an election time-out, or if the target is silent. One at a time, as two candidates that
     * were both told to ignore the leader would take the votes from each other; and only to one that is to stay.
     */
    void transfer(ReplicaId target, Effect.HandsOver.Motive motive) {
        Progress progress = followers.get(target);
        if (core.role != Role.LEADER
                || transferee != null
                || progress == null
                || !progress.fence.isOpen()
                || !core.configuration().voters().contains(target)) {
            return;
        }
        transferee = target;
        change.handsOver(target);
        core.emit(new Effect.HandsOver(target, motive));
        lease.giveUp();
        transferDeadline = core.now + core.nanos(core.options.electionMaxMs());
        if (progress.matchIndex == core.log.lastIndex()) {
            core.send(target, new Message.TimeoutNow(core.term()));
        }
    }

    /** What those followers have to apply that told of much. */
    SortedMap<ReplicaId, Long> unappliedBytes() {
        SortedMap<ReplicaId, Long> behind = new TreeMap<>();
        followers.forEach((peer, progress) -> {
            if (progress.unappliedBytes > 0) {
                behind.put(peer, progress.unappliedBytes);
            }
        });
        return behind;
    }

    SortedMap<ReplicaId, Long> matchIndexes() {
        SortedMap<ReplicaId, Long> indexes = new TreeMap<>();
        followers.forEach((peer, progress) -> indexes.put(peer, progress.matchIndex));
        return indexes;
    }
}
