package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What can happen to a {@link RaftCore}. */
public sealed interface Input {
    void dispatch(Handler handler);

    /** One method per kind of input. */
    interface Handler {
        void onTick();

        void onReceive(Receive input);

        void onPropose(Propose input);

        void onRead(Read input);

        void onPersisted(Persisted input);

        void onSnapshotStored(SnapshotStored input);

        void onTrimLog();

        void onStray(Stray input);

        void onSnapshotReceived(SnapshotReceived input);

        void onSnapshotSending(SnapshotSending input);

        void onSnapshotFailed(SnapshotFailed input);

        void onFetched(Fetched input);

        void onLinkDown(LinkDown input);

        void onPaused();

        void onForgot();

        void onTransferLeadership(TransferLeadership input);

        void onPreferLeader(PreferLeader input);

        void onStandAside(StandAside input);

        void onChangeMembers(ChangeMembers input);

        void onAbortChange(AbortChange input);

        void onFlush(Flush input);
    }

    /** Time has passed; timers that are due fire. Given after the messages of a turn, never before them. */
    record Tick() implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onTick();
        }
    }

    /** A message arrived. Whatever it holds: it is checked, and refused if it makes no sense, never trusted. */
    record Receive(ReplicaId from, Message message) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onReceive(this);
        }
    }

    /**
     * A batch of commands wants to be appended as one entry.
     *
     * @param token returned in {@link Effect.Appended} or {@link Effect.Refused}
     * @param wallClockMs the clock of this server, from which the time of the entry is made, see {@link LogClock}
     */
    record Propose(long token, long wallClockMs, List<Bytes> commands) implements Input {
        public Propose {
            commands = List.copyOf(commands);
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onPropose(this);
        }
    }

    /** A batch of reads wants an index from which it is linearizable. */
    record Read(long token, ReadMode mode) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onRead(this);
        }
    }

    /** All {@link Effect.Persist} up to {@code sequence} are durable. */
    record Persisted(long sequence) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onPersisted(this);
        }
    }

    /** The state at {@code meta} is durable in a snapshot, so that the log before it may go. */
    record SnapshotStored(SnapshotMeta meta) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onSnapshotStored(this);
        }
    }

    /**
     * The log of this server has become too long: all that the newest snapshot covers goes. Nothing stays for a follower
     * that is behind; it gets the snapshot.
     */
    record TrimLog() implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onTrimLog();
        }
    }

    /**
     * {@code from} takes an earlier replica of this server for a member. If it left as well it does not know, and is told; what
     * it said is not looked at.
     */
    record Stray(ReplicaId from) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onStray(this);
        }
    }

    /** A snapshot from the leader is durable here, checked and read. */
    record SnapshotReceived(ReplicaId from, SnapshotMeta meta) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onSnapshotReceived(this);
        }
    }

    /** The snapshot at {@code index}, a file of {@code bytes}, is on its way to {@code peer}, who will need what follows. */
    record SnapshotSending(ReplicaId peer, long index, long bytes) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onSnapshotSending(this);
        }
    }

    /** The snapshot for {@code peer} could not be sent; it may be tried again. */
    record SnapshotFailed(ReplicaId peer) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onSnapshotFailed(this);
        }
    }

    /** The answer to {@link Effect.Fetch}; no entries if they could not be read. */
    record Fetched(ReplicaId peer, List<Entry> entries) implements Input {
        public Fetched {
            entries = List.copyOf(entries);
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onFetched(this);
        }
    }

    /** The link to {@code peer} broke. A hint: it shortens the wait for an election, it decides nothing. */
    record LinkDown(ReplicaId peer) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onLinkDown(this);
        }
    }

    /**
     * This process stood still: its timers are late. Given before the messages of the turn. What others said meanwhile may
     * still lie in the sockets, so no time-out that ran out in the gap tells anything about them.
     */
    record Paused() implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onPaused();
        }
    }

    /** The disk turned out to lack what this replica had promised: it is an older copy, see {@link Recovering}. */
    record Forgot() implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onForgot();
        }
    }

    /** Leadership should go to {@code target} (Raft §3.10). */
    record TransferLeadership(ReplicaId target) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onTransferLeadership(this);
        }
    }

    /** From now on {@code replica} should lead, or whoever happens to, see {@link Succession}. */
    record PreferLeader(@Nullable ReplicaId replica) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onPreferLeader(this);
        }
    }

    /** From now on this replica does not campaign, and hands over if it leads, see {@link Succession}; or it may lead again. */
    record StandAside(boolean aside) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onStandAside(this);
        }
    }

    /**
     * The group should have exactly {@code voters}, see {@link MembershipChange}.
     *
     * @param token returned in {@link Effect.ChangeEnded}
     * @param voters not empty
     * @param mapVersion of the plan that asks for it
     */
    record ChangeMembers(long token, SortedSet<ReplicaId> voters, long mapVersion) implements Input {
        public ChangeMembers {
            if (voters.isEmpty()) {
                throw new IllegalArgumentException("a group cannot be without voters");
            }
            long servers =
                    voters.stream().mapToLong(ReplicaId::server).distinct().count();
            if (servers < voters.size()) {
                throw new IllegalArgumentException("a server would have two votes: " + voters);
            }
            voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onChangeMembers(this);
        }
    }

    /** A change that is still in its learner phase should be undone. */
    record AbortChange(long token) implements Input {
        @Override
        public void dispatch(Handler handler) {
            handler.onAbortChange(this);
        }
    }

    /**
     * The turn ends: what is to be sent to followers is sent now, in as few messages as possible.
     *
     * @param congested servers for which too much waits already: replicas there get no entries now, all else they do get
     */
    record Flush(Set<Long> congested) implements Input {
        public Flush {
            congested = Set.copyOf(congested);
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onFlush(this);
        }
    }
}
