package io.raftkv.raft.core;

import java.util.ArrayDeque;
import java.util.function.LongPredicate;

/**
 * For how long a leader may confirm reads without asking whether it still leads (Raft §6.4.1), in groups whose configuration
 * wants it.
 *
 * <p>Whoever hears a leader refuses votes for electionMin, its own included, see {@link Elections}. So when a quorum has echoed a
 * round, no other leader can be elected for electionMin after the moment at which that round was <em>sent</em>: an echo may be on
 * its way for any time, so the moment at which it comes proves nothing. Of that a tenth is left out, for a clock here that is
 * slower than that of a voter.
 *
 * <p>Rounds count only if they were begun after an entry of the own term was committed, and only under the configuration in
 * force. A hand-over ends the lease for the rest of the term, even if nothing comes of it: the votes that it asks for are given
 * without regard to the leader, and may be on their way for any time. A pause ends it until the next heartbeat is echoed: the clock
 * of a machine that stood still may not have counted all of it. One that sleeps has none.
 *
 * <p>That the lease holds is looked at after the read came in and never again: at that moment this replica knew of all that was
 * acknowledged anywhere, and it forgets nothing of that, however long the read then takes.
 *
 * <p>Threads: the group's loop.
 */
final class Lease {
    /** Beats that wait for an echo; older ones are of no use any more. */
    private static final int MAX_BEATS = 64;

    private record Beat(long round, long sentNanos) {}

    private final RaftCore core;
    private final ArrayDeque<Beat> beats = new ArrayDeque<>();
    private boolean confirmed;
    private long endNanos;
    private boolean givenUp;

    Lease(RaftCore core) {
        this.core = core;
    }

    /** A term as leader begins. */
    void start() {
        givenUp = false;
        drop();
    }

    /** What was sent up to now counts no more. */
    void drop() {
        confirmed = false;
        beats.clear();
    }

    /** There is none in this term any more. */
    void giveUp() {
        givenUp = true;
        drop();
    }

    /** Heartbeats are about to be sent; if a lease is wanted, in a round of their own. */
    void beat(ReadRounds rounds) {
        if (!givenUp && core.configuration().leaseReads() && core.isReady()) {
            if (beats.size() == MAX_BEATS) {
                beats.removeFirst();
            }
            beats.add(new Beat(rounds.begin(), core.now));
        }
    }

    /** A follower echoed a round. */
    void echoed(LongPredicate byQuorum) {
        while (!beats.isEmpty() && byQuorum.test(beats.getFirst().round())) {
            confirmed = true;
            endNanos = beats.removeFirst().sentNanos() + core.nanos(core.options.electionMinMs()) * 9 / 10;
        }
    }

    boolean holds(long nowNanos) {
        return confirmed && nowNanos - endNanos < 0;
    }
}
