package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Raft's safety properties (Raft figure 3.2) for one group, checked against what its replicas report, over all their
 * lives. Each report costs about as much as what it tells of; only a new leader's log is read as a whole.
 *
 * <p>The maps are looked up and never walked, so their order shows nowhere.
 */
final class Invariants {
    private final SimWorld world;
    private final long groupId;
    private final Totals totals;
    private final Map<Long, ReplicaId> leaders = new HashMap<>();
    private final Map<Ballot, ReplicaId> votes = new HashMap<>();
    /** All that were ever sent: what a voter forgets after it was sent counts still. */
    private final Set<Vote> sentVotes = new HashSet<>();

    private final Map<LogPosition, Content> contents = new HashMap<>();
    private final Map<LogPosition, Long> states = new HashMap<>();
    private final Map<LogPosition, Object> results = new HashMap<>();
    private final Map<ReplicaId, Replica> replicas = new HashMap<>();
    private final LogImage committed = new LogImage();
    private final ConfigurationChecks configurations;
    private final LogTimeChecks times;
    /** The latest term in which a leader added to what is committed. */
    private long ownerTerm;

    private record Ballot(ReplicaId voter, long term) {}

    private record Vote(Ballot ballot, ReplicaId candidate) {}

    /** What stands at an index in a term, and what it follows. */
    private record Content(int crc, long previousTerm) {}

    private static final class Replica {
        private final LogImage log = new LogImage();
        private long commitIndex;
        /** The term that it leads, 0 if none. */
        private long leads;
        /** -1 while it starts: what it loads may be of any snapshot. */
        private long lastApplied = -1;
        /** What it told others is durable; it must survive every crash. */
        private long promisedIndex;

        private long promisedTerm;
        /** What it acknowledged, and in which term. */
        private long agreedIndex;

        private long agreedTerm;
        /** Whether it was told that it left, in this life. */
        private boolean left;
        /** The term in which it voted for itself last, now and when it was told. */
        private long stoodIn;

        private long stoodInWhenItLeft;

        /** Whether the leader of {@code term} may believe so; one that does not know of a later term is not refuted. */
        boolean hasAgreed(long term, long index) {
            return index == 0 || agreedTerm > term || (agreedTerm == term && agreedIndex >= index);
        }
    }

    /** How far the leader of each term committed. */
    private final TreeMap<Long, Long> committedIn = new TreeMap<>();

    Invariants(SimWorld world, long groupId, Configuration genesis, Totals totals) {
        this.configurations = new ConfigurationChecks(world, genesis, committed, totals);
        this.times = new LogTimeChecks(world);
        this.world = world;
        this.groupId = groupId;
        this.totals = totals;
    }

    long committedIndex() {
        return committed.lastIndex();
    }

    /** The end of the log of a replica, durable or not. */
    long lastIndex(ReplicaId id) {
        return replica(id).log.lastIndex();
    }

    private Replica replica(ReplicaId id) {
        return replicas.computeIfAbsent(id, unused -> new Replica());
    }

    /** What is found is told as a supplier: to build the text costs more than to check. */
    private void require(boolean holds, ReplicaId id, String property, Supplier<String> found) {
        if (!holds) {
            throw world.failure(property + ": group " + groupId + ", replica " + id + ": " + found.get());
        }
    }

    /**
     * Election safety, and leader completeness: the log of the new leader holds all that leaders of earlier terms committed.
     * One of a later term may have committed more: a server that stood still may find late that it had been elected.
     */
    void becameLeader(ReplicaId id, long term, Configuration inForce) {
        ReplicaId other = leaders.putIfAbsent(term, id);
        if (other == null) {
            totals.leaderChanges++;
        }
        require(
                other == null || other.equals(id),
                id,
                "election safety",
                () -> other + " led term " + term + " before");
        vote(id, term, id);
        require(
                ConfigurationChecks.decide(inForce, voter -> sentVotes.contains(new Vote(new Ballot(voter, term), id))),
                id,
                "election safety",
                () -> "leads term " + term + " without the votes of a majority of " + inForce);
        replica(id).leads = term;
        LogImage log = replica(id).log;
        configurations.leads(id, inForce, log);
        long from = log.startIndex();
        require(from <= committed.lastIndex(), id, "leader completeness", () -> "its log starts after " + from);
        Map.Entry<Long, Long> earlier = committedIn.lowerEntry(term);
        long before = earlier == null ? 0 : earlier.getValue();
        require(
                log.lastIndex() >= before,
                id,
                "leader completeness",
                () -> "leads term " + term + " with a log to " + log.lastIndex() + ", committed is " + before);
        for (long at = Math.max(from, 1); at <= before; at++) {
            long index = at;
            require(
                    log.termAt(index) == committed.termAt(index),
                    id,
                    "leader completeness",
                    () -> "leads term " + term + " with " + log.describe(index) + ", committed is "
                            + committed.describe(index));
        }
    }

    void steppedDown(ReplicaId id) {
        replica(id).leads = 0;
    }

    /** One vote per term, restarts or not; told when the vote leaves the voter, as an unsent vote may be forgotten. */
    void vote(ReplicaId voter, long term, ReplicaId candidate) {
        Ballot ballot = new Ballot(voter, term);
        sentVotes.add(new Vote(ballot, candidate));
        ReplicaId other = votes.putIfAbsent(ballot, candidate);
        require(
                other == null || other.equals(candidate),
                voter,
                "one vote",
                () -> "voted for " + candidate + " in term " + term + " after " + other);
    }

    /** The replica told others its term. */
    void promisedTerm(ReplicaId id, long term) {
        Replica replica = replica(id);
        require(term >= replica.promisedTerm, id, "term", () -> "speaks in " + term + " after " + replica.promisedTerm);
        replica.promisedTerm = term;
    }

    /** The replica told the leader of {@code term} that its log up to {@code index} agrees with the leader's and is durable. */
    void promisedIndex(ReplicaId id, long term, long index) {
        Replica replica = replica(id);
        if (replica.log.termAt(replica.log.lastIndex()) > term) {
            // Said before entries of a later leader came, and sent after them, as messages leave at the end of a turn.
            return;
        }
        require(index <= replica.log.lastIndex(), id, "promise", () -> "acknowledged " + index + " of " + replica.log);
        ReplicaId leader = leaders.get(term);
        if (leader != null
                && replica(leader).leads == term
                && index >= replica(leader).log.startIndex()) {
            LogImage leaders = replica(leader).log;
            require(
                    index < replica.log.startIndex() || replica.log.termAt(index) == leaders.termAt(index),
                    id,
                    "promise",
                    () -> "acknowledged " + replica.log.describe(index) + " to a leader that has "
                            + leaders.describe(index));
        }
        replica.promisedIndex = Math.max(replica.promisedIndex, index);
        // Whoever lost its term may answer a leader of an earlier one; the later one was told what it was told.
        if (term >= replica.agreedTerm) {
            replica.agreedIndex = replica.agreedTerm == term ? Math.max(replica.agreedIndex, index) : index;
            replica.agreedTerm = term;
        }
    }

    /** What a leader takes for agreed was acknowledged to it in its term: it may have other entries than in an earlier one. */
    void leaderCounts(ReplicaId id, long term, Map<ReplicaId, Long> matchIndexes) {
        matchIndexes.forEach((follower, index) -> {
            Replica replica = replica(follower);
            require(
                    replica.hasAgreed(term, index),
                    id,
                    "commit",
                    () -> "takes " + index + " of " + follower + " for agreed in term " + term + ", which told it "
                            + (replica.agreedTerm == term ? replica.agreedIndex : 0));
        });
    }

    /** A leader lets its group sleep: whoever lacked something would go on lacking it. */
    void letsSleep(ReplicaId id, long term, Set<ReplicaId> members) {
        long last = lastIndex(id);
        for (ReplicaId member : members) {
            require(
                    member.equals(id) || replica(member).hasAgreed(term, last),
                    id,
                    "sleep",
                    () -> "lets its group sleep with a log to " + last + ", and " + member + " agreed to "
                            + replica(member).agreedIndex);
        }
    }

    void appended(ReplicaId id, Entry entry) {
        LogImage log = replica(id).log;
        require(entry.index() == log.lastIndex() + 1, id, "log", () -> "appended " + entry + " to " + log);
        long previousTerm = log.termAt(entry.index() - 1);
        require(previousTerm <= entry.term(), id, "log", () -> "appended " + entry + " to " + log);
        log.append(entry.term(), entry.crc());
        match(id, entry, previousTerm);
        configurations.appended(id, entry, log);
        if (replica(id).leads == entry.term()) {
            times.stamped(id, entry);
        }
    }

    /** Log matching: the same index and term means the same entry, and the same one before it. */
    private void match(ReplicaId id, Entry entry, long previousTerm) {
        Content content = new Content(entry.crc(), previousTerm);
        Content first = contents.putIfAbsent(new LogPosition(entry.index(), entry.term()), content);
        require(
                first == null || first.equals(content),
                id,
                "log matching",
                () -> "holds " + entry + " as " + content + ", others as " + first);
    }

    void truncated(ReplicaId id, long from) {
        Replica replica = replica(id);
        require(
                from > replica.commitIndex,
                id,
                "truncation",
                () -> "cut at " + from + ", committed " + replica.commitIndex);
        if (from <= committed.lastIndex() && from <= replica.log.lastIndex() && from > replica.log.startIndex()) {
            require(
                    replica.log.termAt(from) != committed.termAt(from),
                    id,
                    "truncation",
                    () -> "cut the committed " + committed.describe(from));
        }
        if (from <= replica.log.lastIndex()) {
            totals.truncations++;
        }
        replica.log.cutFrom(from);
        replica.promisedIndex = Math.min(replica.promisedIndex, from - 1);
    }

    /** State machine safety: what one replica takes for committed at an index, all do. */
    void committed(ReplicaId id, long commitIndex) {
        Replica replica = replica(id);
        LogImage log = replica.log;
        require(
                commitIndex >= replica.commitIndex,
                id,
                "commit",
                () -> "back from " + replica.commitIndex + " to " + commitIndex);
        require(commitIndex <= log.lastIndex(), id, "commit", () -> commitIndex + " of " + log);
        if (replica.leads != 0 && commitIndex > committed.lastIndex()) {
            own(id, replica.leads);
        }
        for (long index = replica.commitIndex + 1; index <= commitIndex; index++) {
            if (index > log.startIndex()) {
                agree(id, index, log.termAt(index), log.crcAt(index), "committed");
            }
        }
        // Raft §3.6.2, figure 3.7: what a leader commits by counting is of its own term.
        require(
                replica.leads == 0 || commitIndex == replica.commitIndex || log.termAt(commitIndex) == replica.leads,
                id,
                "commit",
                () -> "the leader of term " + replica.leads + " commits " + log.describe(commitIndex));
        if (replica.leads != 0 && commitIndex > replica.commitIndex) {
            committedIn.put(replica.leads, commitIndex);
            countedByLeader(id, replica, commitIndex);
        }
        replica.commitIndex = commitIndex;
    }

    /**
     * One owner at all times: once the leader of a term added something to what is committed, none of an earlier term does,
     * wherever the group moved in between. It may still find out that more of its own is committed; then the later one knew.
     */
    private void own(ReplicaId id, long term) {
        require(
                term >= ownerTerm,
                id,
                "one owner",
                () -> "commits in term " + term + " what nobody knew to be committed, after a leader of term "
                        + ownerTerm + " did");
        ownerTerm = term;
    }

    /** The replica was told that the group goes on without it. */
    void left(ReplicaId id) {
        Replica replica = replica(id);
        replica.left = true;
        replica.stoodInWhenItLeft = replica.stoodIn;
    }

    /** The replica stands in an election: it votes for itself. */
    void stands(ReplicaId id, long term) {
        replica(id).stoodIn = term;
    }

    /**
     * Whoever knows that it left asks for nothing any more: each question would wake the group up. But a request of an election
     * in which it stood before may wait for a disk until then.
     */
    void asksForVotes(ReplicaId id, long term, boolean preVote) {
        Replica replica = replica(id);
        require(
                !replica.left || (!preVote && term <= replica.stoodInWhenItLeft),
                id,
                "left",
                () -> "asks for votes though it was told that it left");
    }

    /** The replica is about to forget all that it promised: its id must be out of the group for good. */
    void dropped(ReplicaId id) {
        require(
                configurations.hasRetired(id),
                id,
                "drop",
                () -> "its data is deleted, and no committed configuration says that it left");
    }

    /** Others promise by their acknowledgements. If those are not enough the leader counts itself, and so promises too. */
    private void countedByLeader(ReplicaId id, Replica leader, long index) {
        long term = leader.log.termAt(index);
        Predicate<ReplicaId> promised = voter -> {
            LogImage log = replica(voter).log;
            boolean holds =
                    replica(voter).promisedIndex >= index && (log.termAt(index) == term || index < log.startIndex());
            // What it forgot after it was counted counts still: docs/recovery.md says why that does no harm.
            return holds || (replica(voter).agreedTerm == leader.leads && replica(voter).agreedIndex >= index);
        };
        if (!configurations.mayDecide(index, leader.log, promised)) {
            require(
                    configurations.mayDecide(index, leader.log, promised.or(id::equals)),
                    id,
                    "commit",
                    () -> "the leader commits " + leader.log.describe(index) + ", which no majority promised to keep");
            leader.promisedIndex = Math.max(leader.promisedIndex, index);
        }
    }

    /** A read that came when {@code index} was the last committed entry of the group is answered by this replica. */
    void read(ReplicaId id, long index) {
        long applied = replica(id).lastApplied;
        require(
                applied >= index,
                id,
                "stale read",
                () -> "answered at " + applied + ", asked when " + index + " was committed");
    }

    /** A snapshot carries what was committed at its index, and the configuration in force there. */
    void snapshotTaken(ReplicaId id, SnapshotMeta meta) {
        totals.snapshotsTaken++;
        require(
                meta.index() <= committed.lastIndex() && meta.term() == committed.termAt(meta.index()),
                id,
                "snapshot",
                () -> meta + " of what was never committed");
        configurations.snapshot(id, meta);
    }

    private void agree(ReplicaId id, long index, long term, int crc, String what) {
        if (index == committed.lastIndex() + 1) {
            committed.append(term, crc);
        }
        require(
                index <= committed.lastIndex() && committed.termAt(index) == term && committed.crcAt(index) == crc,
                id,
                "state machine safety",
                () -> what + " " + index + " of term " + term + ", others " + committed.describe(index));
    }

    void applied(ReplicaId id, Entry entry) {
        Replica replica = replica(id);
        require(entry.index() <= replica.commitIndex, id, "apply", () -> entry + " with commit " + replica.commitIndex);
        require(
                replica.lastApplied < 0 || entry.index() == replica.lastApplied + 1,
                id,
                "apply",
                () -> entry + " after " + replica.lastApplied);
        agree(id, entry.index(), entry.term(), entry.crc(), "applied");
        replica.lastApplied = entry.index();
    }

    /** Equal results of equal commands. */
    void result(ReplicaId id, long index, int ordinal, Object result) {
        Object first = results.putIfAbsent(new LogPosition(index, ordinal), result == null ? "null" : result);
        require(
                first == null || first.equals(result == null ? "null" : result),
                id,
                "state machine safety",
                () -> "command " + ordinal + " of entry " + index + " gives " + result + ", on others " + first);
    }

    /** Equal states after equal commands. */
    void state(ReplicaId id, long index, int ordinal, long hash) {
        Long first = states.putIfAbsent(new LogPosition(index, ordinal), hash);
        require(
                first == null || first == hash,
                id,
                "state machine safety",
                () -> "state after command " + ordinal + " of entry " + index + " is " + hash + ", on others " + first);
    }

    void snapshotInstalled(ReplicaId id, SnapshotMeta meta) {
        Replica replica = replica(id);
        totals.snapshotInstalls++;
        require(
                meta.index() >= replica.commitIndex,
                id,
                "snapshot",
                () -> meta + " with commit " + replica.commitIndex);
        require(
                meta.index() <= committed.lastIndex() && meta.term() == committed.termAt(meta.index()),
                id,
                "snapshot",
                () -> meta + " of what was never committed");
        if (replica.log.termAt(meta.index()) != meta.term()) {
            replica.log.reset(meta.index(), meta.term());
            replica.promisedIndex = Math.min(replica.promisedIndex, meta.index());
        }
        replica.commitIndex = meta.index();
        replica.lastApplied = meta.index();
    }

    /** It starts with the state of a snapshot, in a term that is not before that of the snapshot. */
    void opened(ReplicaId id, GroupStatus status) {
        replica(id).lastApplied = status.lastApplied();
        replica(id).left = false;
        long index = status.snapshotIndex();
        require(
                index > committed.lastIndex() || status.term() >= committed.termAt(index),
                id,
                "term",
                () -> "starts in term " + status.term() + " with a snapshot up to " + committed.describe(index));
    }

    /** Its disk lost what it had promised, and it knows: nobody may count on it, which the other properties show. */
    void forgot(ReplicaId id) {
        Replica replica = replica(id);
        replica.promisedTerm = 0;
        replica.promisedIndex = 0;
        votes.keySet().removeIf(ballot -> ballot.voter().equals(id));
    }

    /** What comes back after a crash is at least what was promised, and nothing that was never there. */
    void recovered(ReplicaId id, HardState state, LogPosition start, List<Entry> entries) {
        Replica replica = replica(id);
        require(
                state.term() >= replica.promisedTerm,
                id,
                "durability",
                () -> "came back in term " + state.term() + ", spoke in " + replica.promisedTerm);
        ReplicaId sent = votes.get(new Ballot(id, state.term()));
        require(sent == null || sent.equals(state.votedFor()), id, "durability", () -> "forgot its vote for " + sent);
        long last = start.index() + entries.size();
        require(
                last >= replica.promisedIndex,
                id,
                "durability",
                () -> "came back to " + last + ", promised " + replica.promisedIndex);
        LogImage before = replica.log;
        for (Entry entry : entries) {
            if (entry.index() <= replica.promisedIndex && entry.index() > before.startIndex()) {
                require(
                        entry.term() == before.termAt(entry.index()),
                        id,
                        "durability",
                        () -> "came back with " + entry + " in place of " + before.describe(entry.index()));
            }
        }
        replica.leads = 0;
        before.reset(start.index(), start.term());
        replica.commitIndex = start.index();
        replica.lastApplied = -1;
        for (Entry entry : entries) {
            appended(id, entry);
        }
    }
}
