package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;

/** Who takes which input and which message. Threads: the group's loop. */
final class Dispatcher implements Input.Handler {
    private final RaftCore core;

    Dispatcher(RaftCore core) {
        this.core = core;
    }

    @Override
    public void onTick() {
        if (core.hibernation.isAsleep()) {
            return;
        }
        if (core.role == Role.LEADER) {
            core.leaderRole.tick();
        } else {
            core.followerReads.tick();
            core.elections.tick();
        }
    }

    @Override
    public void onReceive(Input.Receive input) {
        if (!input.from().equals(core.self)) {
            input.message().dispatch(input.from(), messages);
        }
    }

    @Override
    public void onPropose(Input.Propose input) {
        core.leaderRole.propose(input);
    }

    @Override
    public void onRead(Input.Read input) {
        if (core.role == Role.LEADER || input.mode() != ReadMode.ANY) {
            core.leaderRole.reads.read(input.token(), input.mode());
        } else {
            core.followerReads.read(input.token());
        }
    }

    @Override
    public void onPersisted(Input.Persisted input) {
        core.persisted(input.sequence());
    }

    @Override
    public void onSnapshotStored(Input.SnapshotStored input) {
        core.snapshotStored(input.meta());
    }

    @Override
    public void onTrimLog() {
        core.compactTo(core.snapshot().index());
    }

    @Override
    public void onStray(Input.Stray input) {
        core.elections.tellIfItLeft(input.from());
    }

    @Override
    public void onSnapshotReceived(Input.SnapshotReceived input) {
        core.snapshotReceived(input.from(), input.meta());
    }

    @Override
    public void onSnapshotSending(Input.SnapshotSending input) {
        core.leaderRole.replication.snapshotSending(input);
    }

    @Override
    public void onSnapshotFailed(Input.SnapshotFailed input) {
        core.leaderRole.replication.snapshotFailed(input.peer());
    }

    @Override
    public void onFetched(Input.Fetched input) {
        core.leaderRole.replication.fetched(input.peer(), input.entries());
    }

    @Override
    public void onLinkDown(Input.LinkDown input) {
        core.elections.linkDown(input.peer());
    }

    @Override
    public void onPaused() {
        if (core.role == Role.LEADER) {
            core.leaderRole.paused();
        } else {
            core.elections.paused();
        }
    }

    @Override
    public void onForgot() {
        core.durability.dropPromises();
        core.recovering.begin();
    }

    @Override
    public void onTransferLeadership(Input.TransferLeadership input) {
        core.leaderRole.transfer.begin(input.target(), core.succession.motive(input.target()));
    }

    @Override
    public void onPreferLeader(Input.PreferLeader input) {
        core.succession.prefer(input.replica());
    }

    @Override
    public void onStandAside(Input.StandAside input) {
        core.succession.standAside(input.aside());
    }

    @Override
    public void onChangeMembers(Input.ChangeMembers input) {
        core.leaderRole.change.begin(input);
    }

    @Override
    public void onAbortChange(Input.AbortChange input) {
        core.leaderRole.change.abort(input.token());
    }

    @Override
    public void onFlush(Input.Flush input) {
        if (core.role == Role.LEADER) {
            core.leaderRole.replication.flush(input.congested());
        }
    }

    private final Message.Handler messages = new Message.Handler() {
        @Override
        public void onRequestVote(ReplicaId from, Message.RequestVote message) {
            core.elections.onRequestVote(from, message);
        }

        @Override
        public void onVoteResponse(ReplicaId from, Message.VoteResponse message) {
            core.elections.onVoteResponse(from, message);
        }

        @Override
        public void onAppendEntries(ReplicaId from, Message.AppendEntries message) {
            core.follower.onAppendEntries(from, message);
        }

        @Override
        public void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
            if (isOfTheTermItLeads(from, message)) {
                core.leaderRole.onAppendResponse(from, message);
            }
        }

        /** Whether an answer is to this leader in its present term; one from a later term deposes it. */
        private boolean isOfTheTermItLeads(ReplicaId from, Message answer) {
            if (answer.term() > core.term()) {
                core.becomeFollower(answer.term(), null, from + " is in a later term");
            }
            return answer.term() == core.term() && core.role == Role.LEADER;
        }

        @Override
        public void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse message) {
            if (isOfTheTermItLeads(from, message)) {
                core.leaderRole.onRecoveringResponse(from, message);
            }
        }

        @Override
        public void onRecovered(ReplicaId from, Message.Recovered message) {
            core.recovering.onRecovered(from, message);
        }

        @Override
        public void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot message) {
            core.follower.onInstallSnapshot(from, message);
        }

        @Override
        public void onSnapshotResponse(ReplicaId from, Message.SnapshotResponse message) {
            if (isOfTheTermItLeads(from, message)) {
                core.leaderRole.replication.heard(from);
            }
        }

        @Override
        public void onSleep(ReplicaId from, Message.Sleep message) {
            core.follower.onSleep(from, message);
        }

        @Override
        public void onTimeoutNow(ReplicaId from, Message.TimeoutNow message) {
            if (message.term() == core.term() && core.role == Role.FOLLOWER && core.succession.mayLead()) {
                core.elections.campaign(true);
            }
        }

        @Override
        public void onRemoved(ReplicaId from, Message.Removed message) {
            core.removal.told(from, message.term(), message.configurationIndex());
        }

        @Override
        public void onRemovedResponse(ReplicaId from, Message.RemovedResponse message) {
            if (core.role == Role.LEADER) {
                core.leaderRole.change.knowsThatItLeft(from, message.configurationIndex());
            }
        }

        @Override
        public void onReadIndex(ReplicaId from, Message.ReadIndex message) {
            core.leaderRole.reads.onReadIndex(from, message);
        }

        @Override
        public void onReadIndexResponse(ReplicaId from, Message.ReadIndexResponse message) {
            core.followerReads.onResponse(message);
        }

        @Override
        public void onForward(ReplicaId from, Message.Forward message) {
            core.emit(new Effect.Alarm("a forwarded proposal of " + from + " is no matter of the core"));
        }

        @Override
        public void onForwardResponse(ReplicaId from, Message.ForwardResponse message) {
            core.emit(new Effect.Alarm("the outcome of a forwarded proposal is no matter of the core"));
        }
    };
}
