package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ReadRounds.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * Reads that a leader confirms (Raft §6.4), its own and those of replicas that serve them themselves, see {@link
 * FollowerReads}: by a round, or by its {@link Lease}. Threads: the group's loop.
 */
final class LeaderReads {
    /** Above, followers that ask for a read index get no answer. */
    private static final int MAX_WAITING = 16 << 10;

    private final RaftCore core;
    private final Replication replication;
    private final Lease lease;
    private final ReadRounds rounds;
    private final List<Reader> beforeNoOp = new ArrayList<>();

    LeaderReads(RaftCore core, Replication replication, Lease lease, ReadRounds rounds) {
        this.core = core;
        this.replication = replication;
        this.lease = lease;
        this.rounds = rounds;
    }

    /** The term as leader ends. */
    void stop() {
        rounds.drain(this::cannotRead);
        beforeNoOp.forEach(this::cannotRead);
        beforeNoOp.clear();
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
        } else if (rounds.size() + beforeNoOp.size() < MAX_WAITING) {
            read(reader);
        }
        // Else it gets no answer, and tells its callers to come again later.
    }

    private void read(Reader reader) {
        core.hibernation.active();
        if (core.isReady()) {
            rounds.add(reader, core.commitIndex);
            release();
        } else {
            beforeNoOp.add(reader);
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

    /** An entry of the own term is committed, perhaps the first one. */
    void committed() {
        beforeNoOp.forEach(reader -> rounds.add(reader, core.commitIndex));
        beforeNoOp.clear();
        release();
    }

    /** Hands out what a quorum has confirmed by now. */
    void release() {
        Configuration configuration = core.configuration();
        LongPredicate confirmed =
                round -> configuration.hasQuorum(id -> id.equals(core.self) || replication.roundHeard(id) >= round);
        rounds.release(confirmed, this::canRead);
        lease.echoed(confirmed);
    }
}
