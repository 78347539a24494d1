package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import java.util.Set;
import java.util.TreeSet;

/**
 * Votes and campaigns (Raft §3.4), always with pre-votes (§9.6) and with followers that are deaf to candidates while they
 * hear a leader (§4.2.3). Threads: the group's loop.
 */
final class Elections {
    private final RaftCore core;
    private final Set<ReplicaId> granted = new TreeSet<>();
    private final Set<ReplicaId> refused = new TreeSet<>();
    private long deadline;
    private long leaderHeard;
    private boolean leaderWasHeard;
    /** Until then what this replica promised a leader in an earlier life may bind it, in a group with leases. */
    private long boundUntil;

    private int waits;
    private boolean handedOver;
    private long askAgainAt;

    /** @param mayBeBound whether it may have heard a leader in an earlier life */
    Elections(RaftCore core, boolean mayBeBound) {
        this.core = core;
        this.boundUntil = core.now;
        if (mayBeBound) {
            mayBeBound();
        }
    }

    /** It may have heard a leader of which it knows nothing. */
    void mayBeBound() {
        boundUntil = core.now + core.nanos(core.options.electionMaxMs());
    }

    long deadline() {
        return isCandidate() ? Math.min(deadline, askAgainAt) : deadline;
    }

    private boolean isCandidate() {
        return core.role == Role.PRE_CANDIDATE || core.role == Role.CANDIDATE;
    }

    void restartTimer() {
        long min = core.nanos(core.options.electionMinMs());
        long max = core.nanos(core.options.electionMaxMs());
        waits++;
        deadline = core.now + min + core.random.nextLong(max - min + 1);
        keepPromise();
    }

    /** A leader with a lease trusts that whoever hears it elects no other one for a while; the own vote is a vote too. */
    private void keepPromise() {
        if (keepsLeases()) {
            deadline = Math.max(deadline, boundUntil);
            if (leaderWasHeard) {
                deadline = Math.max(deadline, leaderHeard + core.nanos(core.options.electionMinMs()));
            }
        }
    }

    /** A replica that does not know its group yet keeps the stricter rules. */
    private boolean keepsLeases() {
        return core.configuration().leaseReads()
                || core.configuration().voters().isEmpty();
    }

    /**
     * Perhaps all start at the same time: the others wait a full time-out, so the preferred one may hurry. If somebody leads
     * already, its followers refuse.
     */
    void preferenceChanged() {
        if (core.succession.prefersSelf() && waits == 1) {
            long beat = core.nanos(core.options.heartbeatMs());
            deadline = Math.min(deadline, core.now + beat + core.random.nextLong(beat + 1));
            keepPromise();
        }
    }

    /** A leader spoke. */
    void leaderHeard() {
        leaderWasHeard = true;
        leaderHeard = core.now;
        restartTimer();
    }

    /**
     * The time that it slept is not credited: the leader has the time of two heartbeats to say that it is there, and the
     * wait for the next election begins.
     */
    void woke() {
        long grace = core.nanos(core.options.electionMinMs()) - 2 * core.nanos(core.options.heartbeatMs());
        leaderHeard = Math.max(leaderHeard, core.now - grace);
        restartTimer();
    }

    void linkDown(ReplicaId peer) {
        if (core.role == Role.FOLLOWER && peer.equals(core.leader)) {
            // A hint, which ends no promise.
            leaderWasHeard &= keepsLeases();
            // All groups that slept under one leader lose it at once: their elections are spread over more time.
            long spread = core.nanos(core.options.electionMinMs()) / (core.hibernation.wokeNow() ? 1 : 4);
            deadline = Math.min(deadline, core.now + core.random.nextLong(spread + 1));
            keepPromise();
            core.becomeFollower(core.term(), null, "the link to the leader broke");
        }
    }

    /** The leader may have spoken all the while: its heartbeats are read first, or the next one is awaited. */
    void paused() {
        long spread = core.nanos(core.options.electionMinMs()) / 4;
        long earliest = core.now + core.nanos(core.options.heartbeatMs()) + core.random.nextLong(spread + 1);
        deadline = Math.max(deadline, earliest);
    }

    void tick() {
        if (core.now < deadline) {
            if (isCandidate() && core.now >= askAgainAt) {
                askAgain();
            }
            return;
        }
        restartTimer();
        // While the disk still writes the last vote another campaign would only void it: with a slow disk for ever.
        if (core.mayCampaign() && core.durability.isTermDurable() && core.succession.mayLead()) {
            startPreVote();
        } else if (core.mayHaveLeft()) {
            forgetAnswers();
            requestVotes(true, false);
        }
    }

    private void startPreVote() {
        core.becomeRole(Role.PRE_CANDIDATE, null, "no leader was heard");
        forgetAnswers();
        granted.add(core.self);
        handedOver = false;
        requestVotes(true, false);
        countVotes();
    }

    /**
     * The first request to a server often finds no link to it, and opens one: with a time-out for every vote that got lost, a
     * group whose new servers never spoke to each other would go without a leader for long (Raft §5.1: requests are repeated).
     */
    private void askAgain() {
        boolean preVote = core.role == Role.PRE_CANDIDATE;
        if (preVote || core.durability.isTermDurable()) {
            requestVotes(preVote, handedOver);
        } else {
            // Those of this term are still kept until the own vote is durable.
            askAgainAt = core.now + core.nanos(core.options.heartbeatMs());
        }
    }

    /** Campaigns in a new term. The requests leave once the own vote is durable, and only then does it count. */
    void campaign(boolean transfer) {
        core.vote(core.term() + 1, core.self);
        core.becomeRole(Role.CANDIDATE, null, transfer ? "the leader hands over" : "a pre-vote was won");
        forgetAnswers();
        handedOver = transfer;
        restartTimer();
        requestVotes(false, transfer);
    }

    void ownVoteDurable() {
        if (granted.add(core.self)) {
            countVotes();
        }
    }

    /** Asks all who have not answered. */
    private void requestVotes(boolean preVote, boolean transfer) {
        askAgainAt = core.now + core.nanos(core.options.heartbeatMs());
        long term = preVote ? core.term() + 1 : core.term();
        Message request = new Message.RequestVote(term, preVote, transfer, core.log.lastIndex(), core.log.lastTerm());
        for (ReplicaId member : core.configuration().members()) {
            if (!member.equals(core.self) && core.configuration().isVoter(member) && !hasAnswered(member)) {
                if (preVote) {
                    core.send(member, request);
                } else {
                    core.durability.sendWhenDurable(member, request);
                }
            }
        }
    }

    private void forgetAnswers() {
        granted.clear();
        refused.clear();
    }

    private boolean hasAnswered(ReplicaId member) {
        return granted.contains(member) || refused.contains(member);
    }

    private void countVotes() {
        if (core.configuration().hasQuorum(granted::contains)) {
            if (core.role == Role.PRE_CANDIDATE) {
                campaign(false);
            } else {
                core.leaderRole.start(handedOver);
            }
        } else if (core.configuration().hasQuorum(refused::contains)) {
            core.becomeFollower(core.term(), null, "a majority refused its vote");
        }
    }

    /**
     * Whether the candidate is in the own configuration plays no part: it may hold a later one, which makes it a voter, or
     * makes this replica one. Whether it was left out is said beside the answer, and it judges by its own log.
     */
    void onRequestVote(ReplicaId from, Message.RequestVote message) {
        if (message.preVote()) {
            tellIfItLeft(from);
        }
        if (message.term() > core.term() && hearsLeader() && !message.transfer()) {
            if (message.preVote()) {
                core.send(from, new Message.VoteResponse(core.term(), true, false));
            }
            return;
        }
        if (message.preVote()) {
            boolean grant = message.term() > core.term() && mayVoteFor(message);
            core.send(from, new Message.VoteResponse(grant ? message.term() : core.term(), true, grant));
            return;
        }
        if (message.term() > core.term()) {
            core.becomeFollower(message.term(), null, from + " campaigns");
        }
        boolean grant = message.term() == core.term()
                && (core.votedFor() == null || from.equals(core.votedFor()))
                && mayVoteFor(message);
        if (grant) {
            core.vote(message.term(), from);
            restartTimer();
        }
        core.durability.sendWhenDurable(from, new Message.VoteResponse(core.term(), false, grant));
    }

    void tellIfItLeft(ReplicaId id) {
        // Not: is no member. One that is being brought in may hold a later configuration than this replica.
        if (core.isConfigurationCommitted() && core.configuration().hasRetired(id)) {
            core.send(id, new Message.Removed(core.term(), core.configurations.currentIndex()));
        }
    }

    private boolean hearsLeader() {
        return core.role == Role.LEADER
                || (leaderWasHeard && core.now - leaderHeard < core.nanos(core.options.electionMinMs()))
                || (keepsLeases() && core.now < boundUntil);
    }

    /** Raft §3.6.1. A replica that knows neither configuration nor log does not know what it would agree to. */
    private boolean mayVoteFor(Message.RequestVote message) {
        long lastTerm = core.log.lastTerm();
        boolean upToDate = message.lastLogTerm() > lastTerm
                || (message.lastLogTerm() == lastTerm && message.lastLogIndex() >= core.log.lastIndex());
        boolean knowsGroup = !core.configuration().voters().isEmpty() || core.log.lastIndex() > 0;
        return upToDate && knowsGroup && !core.recovering.isOn();
    }

    void onVoteResponse(ReplicaId from, Message.VoteResponse message) {
        boolean pre = message.preVote();
        if (message.term() > core.term() && !(pre && message.granted())) {
            core.becomeFollower(message.term(), null, from + " is in a later term");
            return;
        }
        boolean expected = pre
                ? core.role == Role.PRE_CANDIDATE && (!message.granted() || message.term() == core.term() + 1)
                : core.role == Role.CANDIDATE && message.term() == core.term();
        if (expected) {
            (message.granted() ? granted : refused).add(from);
            countVotes();
        }
    }
}
