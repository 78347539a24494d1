package io.raftkv.raft.sim;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.transport.FrameCodec;
import java.nio.ByteBuffer;

/** Reads all that servers say to each other: what leaves a server is what it must never forget. */
final class FrameChecks implements SimNetwork.FrameListener {
    private final SimCluster cluster;

    FrameChecks(SimCluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public void sent(long from, long to, ByteBuffer frame) {
        try {
            for (Envelope envelope : FrameCodec.decode(from, to, frame)) {
                cluster.world()
                        .trace(() ->
                                "  " + from + " -> " + to + " group " + envelope.groupId() + " " + envelope.message());
                check(envelope);
            }
        } catch (FrameCodec.BadFrameException e) {
            throw cluster.world().failure("server " + from + " sent a bad frame: " + e.getMessage());
        }
    }

    private void check(Envelope envelope) {
        Invariants invariants = cluster.invariants(envelope.groupId());
        envelope.message().dispatch(envelope.from(), new Checks(invariants, envelope.to()));
    }

    private record Checks(Invariants invariants, ReplicaId to) implements Message.Handler {
        /** A candidate may ask before its own vote is durable; only leading on it binds. */
        @Override
        public void onRequestVote(ReplicaId from, Message.RequestVote message) {
            invariants.asksForVotes(from, message.term(), message.preVote());
        }

        @Override
        public void onVoteResponse(ReplicaId from, Message.VoteResponse message) {
            if (message.preVote()) {
                return;
            }
            invariants.promisedTerm(from, message.term());
            if (message.granted()) {
                invariants.vote(from, message.term(), to);
            }
        }

        @Override
        public void onAppendEntries(ReplicaId from, Message.AppendEntries message) {
            invariants.promisedTerm(from, message.term());
            invariants.vote(from, message.term(), from);
        }

        @Override
        public void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
            invariants.promisedTerm(from, message.term());
            if (message.success()) {
                invariants.promisedIndex(from, message.term(), message.index());
            }
        }

        @Override
        public void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot message) {
            invariants.promisedTerm(from, message.term());
        }

        @Override
        public void onSnapshotResponse(ReplicaId from, Message.SnapshotResponse message) {}

        @Override
        public void onSleep(ReplicaId from, Message.Sleep message) {
            invariants.promisedTerm(from, message.term());
            invariants.vote(from, message.term(), from);
        }

        @Override
        public void onTimeoutNow(ReplicaId from, Message.TimeoutNow message) {}

        @Override
        public void onRemoved(ReplicaId from, Message.Removed message) {}

        @Override
        public void onRemovedResponse(ReplicaId from, Message.RemovedResponse message) {}

        @Override
        public void onForward(ReplicaId from, Message.Forward message) {}

        @Override
        public void onForwardResponse(ReplicaId from, Message.ForwardResponse message) {}

        @Override
        public void onReadIndex(ReplicaId from, Message.ReadIndex message) {}

        @Override
        public void onReadIndexResponse(ReplicaId from, Message.ReadIndexResponse message) {
            if (message.index() < 0) {
                invariants.promisedTerm(from, message.term());
            }
        }

        @Override
        public void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse message) {
            onAppendResponse(from, message.answer());
        }

        @Override
        public void onRecovered(ReplicaId from, Message.Recovered message) {}
    }
}
