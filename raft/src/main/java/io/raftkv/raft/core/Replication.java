package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Progress.Mode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a leader sends the other members, and what it knows of them (Raft §3.5, §10.2.1): entries as far as each one's window
 * allows, from memory or from the disk, or word that it needs a snapshot; and heartbeats.
 *
 * <p>Threads: the group's loop.
 */
final class Replication {
    private final RaftCore core;
    private final ReadRounds rounds;
    private SortedMap<ReplicaId, Progress> followers = new TreeMap<>();
    private Set<Long> congested = Set.of();

    /** @param rounds all that is sent carries the last one */
    Replication(RaftCore core, ReadRounds rounds) {
        this.core = core;
        this.rounds = rounds;
    }

    /** A term as leader begins. */
    void start() {
        followers = new TreeMap<>();
        for (ReplicaId member : core.configuration().members()) {
            if (!member.equals(core.self)) {
                followers.put(member, new Progress(core.log.lastIndex() + 1, core.now));
            }
        }
    }

    void stop() {
        followers = new TreeMap<>();
    }

    /** The followers are those of the configuration in force, from the moment it is appended. */
    void configurationChanged() {
        SortedSet<ReplicaId> members = core.configuration().members();
        followers.forEach((peer, progress) -> {
            if (!members.contains(peer)) {
                // A leader that handed over may have to answer for what is committed by now, and hears of it no later.
                sendBeat(peer, progress);
            }
        });
        followers.keySet().retainAll(members);
        for (ReplicaId member : members) {
            if (!member.equals(core.self) && !followers.containsKey(member)) {
                // The entry that adds it goes out at once, and finds out what else it needs.
                followers.put(member, new Progress(core.log.lastIndex(), core.now));
            }
        }
    }

    // What it knows of them.

    @Nullable
    Progress of(ReplicaId follower) {
        return followers.get(follower);
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

    /** Whether it answered none of the heartbeats of a shortest election time-out. */
    boolean isSilent(ReplicaId id) {
        return lastHeard(id) < core.now - core.nanos(core.options.electionMinMs());
    }

    private long lastHeard(ReplicaId id) {
        Progress progress = followers.get(id);
        return progress == null || !progress.fence.isOpen() ? Long.MIN_VALUE : progress.lastHeardNanos;
    }

    /** The highest round that it echoed; of one that does not count -1. */
    long roundHeard(ReplicaId id) {
        Progress progress = followers.get(id);
        return progress == null || !progress.fence.isOpen() ? -1 : progress.roundHeard;
    }

    void heard(ReplicaId from) {
        Progress progress = followers.get(from);
        if (progress != null) {
            progress.lastHeardNanos = core.now;
        }
    }

    boolean keepsUp(ReplicaId learner) {
        Progress progress = followers.get(learner);
        return progress != null && progress.catchUp.keepsUp();
    }

    /** Whether all have the whole log, up to {@code last}, and spoke of late. */
    boolean isComplete(long last) {
        return followers.values().stream()
                .allMatch(follower -> follower.matchIndex == last
                        && follower.fence.isOpen()
                        && follower.mode == Mode.REPLICATE
                        && core.now - follower.lastHeardNanos < core.nanos(core.options.electionMinMs()));
    }

    /** Of nobody is known how long it was silent. */
    void countSilenceAnew() {
        followers.values().forEach(follower -> follower.lastHeardNanos = core.now);
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

    // What they answer.

    /** A log agrees, durably, up to {@code index}. Returns whether that is news. */
    boolean matched(Progress progress, long index) {
        boolean news = progress.matched(index);
        progress.doubtRound = 0;
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
        return news;
    }

    /** A log does not agree where it was asked: looks for the place where it does. */
    void mismatched(ReplicaId from, Progress progress, Message.AppendResponse message) {
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

    // What they are sent.

    /** @param congestedServers those for which too much waits to send them entries */
    void flush(Set<Long> congestedServers) {
        congested = congestedServers;
        flush();
    }

    void flush() {
        for (Map.Entry<ReplicaId, Progress> follower : followers.entrySet()) {
            replicate(follower.getKey(), follower.getValue(), false);
        }
    }

    /** A heartbeat is due. */
    void beat() {
        followers.forEach((peer, progress) -> {
            if (progress.mode == Mode.PROBE) {
                progress.waiting = false;
            }
            replicate(peer, progress, true);
        });
    }

    void letSleep() {
        Message word = new Message.Sleep(core.term(), core.log.lastIndex(), core.log.lastTerm());
        followers.keySet().forEach(peer -> core.send(peer, word));
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
}
