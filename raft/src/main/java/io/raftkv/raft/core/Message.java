package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What replicas of a group say to each other. Immutable. */
public sealed interface Message {
    /** The term of the sender; in a pre-vote the term that it would campaign in (Raft §9.6). */
    long term();

    /** Calls the method of {@code handler} for this kind of message. */
    void dispatch(ReplicaId from, Handler handler);

    /** One method per kind of message, so that a forgotten kind does not compile. */
    interface Handler {
        void onRequestVote(ReplicaId from, RequestVote message);

        void onVoteResponse(ReplicaId from, VoteResponse message);

        void onAppendEntries(ReplicaId from, AppendEntries message);

        void onAppendResponse(ReplicaId from, AppendResponse message);

        void onInstallSnapshot(ReplicaId from, InstallSnapshot message);

        void onSnapshotResponse(ReplicaId from, SnapshotResponse message);

        void onSleep(ReplicaId from, Sleep message);

        void onTimeoutNow(ReplicaId from, TimeoutNow message);

        void onRemoved(ReplicaId from, Removed message);

        void onRemovedResponse(ReplicaId from, RemovedResponse message);

        void onReadIndex(ReplicaId from, ReadIndex message);

        void onReadIndexResponse(ReplicaId from, ReadIndexResponse message);

        void onForward(ReplicaId from, Forward message);

        void onForwardResponse(ReplicaId from, ForwardResponse message);

        void onRecoveringResponse(ReplicaId from, RecoveringResponse message);

        void onRecovered(ReplicaId from, Recovered message);
    }

    /**
     * Raft §3.4, and §9.6 if {@code preVote}.
     *
     * @param transfer the leader asked for this election (§3.10), so that its being alive is no reason to refuse
     */
    record RequestVote(long term, boolean preVote, boolean transfer, long lastLogIndex, long lastLogTerm)
            implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onRequestVote(from, this);
        }
    }

    /** A granted pre-vote carries the term that was asked for, every other answer the term of the voter. */
    record VoteResponse(long term, boolean preVote, boolean granted) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onVoteResponse(from, this);
        }
    }

    /**
     * Raft §3.5; without entries a heartbeat.
     *
     * @param round the highest read round that this message may confirm (§6.4), see {@link ReadRounds}
     */
    record AppendEntries(
            long term, long prevLogIndex, long prevLogTerm, long leaderCommit, long round, List<Entry> entries)
            implements Message {
        public AppendEntries {
            entries = List.copyOf(entries);
        }

        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onAppendEntries(from, this);
        }

        /** The last index that a follower that takes this message agrees with the leader about. */
        public long lastIndex() {
            return prevLogIndex + entries.size();
        }
    }

    /**
     * The answer to {@link AppendEntries} and to a completed snapshot.
     *
     * @param success whether the log agreed at {@code prevLogIndex}
     * @param index on success how far the log agrees with the leader's <em>and is durable</em>; else the prevLogIndex
     *     that was refused
     * @param hintIndex on refusal the index at which the leader should try next, see {@link #hintTerm}
     * @param hintTerm the term of the entry at {@code hintIndex} on the follower
     * @param round the round of the message that is answered
     * @param unappliedBytes of committed entries that the sender has not applied yet, if they are many; else 0, see {@link
     *     CoreOptions#maxUnappliedBytes}
     */
    record AppendResponse(
            long term, boolean success, long index, long hintIndex, long hintTerm, long round, long unappliedBytes)
            implements Message {
        public AppendResponse {
            if (unappliedBytes < 0) {
                throw new IllegalArgumentException(unappliedBytes + " bytes to apply");
            }
        }

        /** Of a replica that applies as fast as it should. */
        public AppendResponse(long term, boolean success, long index, long hintIndex, long hintTerm, long round) {
            this(term, success, index, hintIndex, hintTerm, round, 0);
        }

        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onAppendResponse(from, this);
        }
    }

    /**
     * A piece of a snapshot file (Raft §5.3).
     *
     * @param totalBytes the size of the whole file
     * @param checksum of the whole file: two servers may write different ones of the same state
     * @param offset where {@code chunk} belongs; an empty chunk asks how much was received
     */
    record InstallSnapshot(long term, SnapshotMeta meta, long totalBytes, int checksum, long offset, Bytes chunk)
            implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onInstallSnapshot(from, this);
        }
    }

    /**
     * What became of a piece of the snapshot at {@code snapshotIndex}.
     *
     * @param receivedBytes how much of it the follower holds, all to be lost in a crash; -1 if it cannot take it
     * @param windowBytes how much beyond that may be under way; 0 if the follower's server takes others first: ask again
     */
    record SnapshotResponse(long term, long snapshotIndex, long receivedBytes, long windowBytes) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onSnapshotResponse(from, this);
        }
    }

    /**
     * A heartbeat of a leader that will be silent from now on, see {@link Hibernation}: all it has is committed, and the
     * receiver was known to hold it.
     */
    record Sleep(long term, long lastLogIndex, long lastLogTerm) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onSleep(from, this);
        }
    }

    /** Tells the receiver to campaign at once (Raft §3.10). */
    record TimeoutNow(long term) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onTimeoutNow(from, this);
        }
    }

    /**
     * Tells the receiver that the committed configuration at {@code configurationIndex} does not name it. Only one that
     * holds no later configuration which does name it believes that: the sender may be behind. A leader believes it from a
     * later term only.
     */
    record Removed(long term, long configurationIndex) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onRemoved(from, this);
        }
    }

    /** The receiver of {@link Removed} knows. */
    record RemovedResponse(long term, long configurationIndex) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onRemovedResponse(from, this);
        }
    }

    /**
     * The answer of a replica whose disk lost what it had promised, so that it counts for nothing, see {@link Recovering}.
     *
     * @param nonce of this life of the replica, not 0
     */
    record RecoveringResponse(long nonce, AppendResponse answer) implements Message {
        public RecoveringResponse {
            if (nonce == 0) {
                throw new IllegalArgumentException("a nonce of 0");
            }
        }

        @Override
        public long term() {
            return answer.term();
        }

        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onRecoveringResponse(from, this);
        }
    }

    /** Tells a recovering replica that a majority of the others holds the entry at {@code index}, which it acknowledged. */
    record Recovered(long term, long nonce, long index) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onRecovered(from, this);
        }
    }

    /**
     * Asks the leader from which index on reads may be served that came before (Raft §6.4). The term is of no account.
     *
     * @param life a random number of the life of the sender
     * @param id never used twice in that life
     */
    record ReadIndex(long term, long life, long id) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onReadIndex(from, this);
        }
    }

    /** The index, or -1 if the receiver of the question does not lead. The term is of no account. */
    record ReadIndexResponse(long term, long life, long id, long index) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onReadIndexResponse(from, this);
        }
    }

    /**
     * Gives the leader of exactly this term a command to propose. Drivers talk so to each other; the core plays no part.
     *
     * @param life a random number of the life of the sender
     * @param id never used twice in that life
     */
    record Forward(long term, long life, long id, Bytes command) implements Message {
        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onForward(from, this);
        }
    }

    /**
     * What became of a {@link Forward}.
     *
     * @param retryAfterMs if busy
     * @param result what the state machine answered, if it was applied and the answer is not null
     */
    record ForwardResponse(long term, long life, long id, Outcome outcome, int retryAfterMs, Bytes result)
            implements Message {
        /** In this order on the wire. */
        public enum Outcome {
            APPLIED,
            APPLIED_NULL,
            /** Not appended, and it never will be. */
            NOT_LEADER,
            /** Likewise. */
            BUSY,
            UNKNOWN
        }

        @Override
        public void dispatch(ReplicaId from, Handler handler) {
            handler.onForwardResponse(from, this);
        }
    }

    /** A message with its way. */
    record Envelope(long groupId, ReplicaId from, ReplicaId to, Message message) {}

    /** Used where a replica may be unknown. */
    static String name(@Nullable ReplicaId id) {
        return id == null ? "nobody" : id.toString();
    }
}
