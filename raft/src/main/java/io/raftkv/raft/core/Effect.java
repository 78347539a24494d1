package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import org.jspecify.annotations.Nullable;

/** What a {@link RaftCore} wants done. The driver does it, in the order given, and decides nothing. */
public sealed interface Effect {
    void dispatch(Handler handler);

    /** One method per kind of effect. */
    interface Handler {
        void onSend(Send effect);

        void onPersist(Persist effect);

        void onTruncated(Truncated effect);

        void onAppended(Appended effect);

        void onRefused(Refused effect);

        void onCommit(Commit effect);

        void onReadReady(ReadReady effect);

        void onReadFailed(ReadFailed effect);

        void onRoleChanged(RoleChanged effect);

        void onSendSnapshot(SendSnapshot effect);

        void onTakeChunk(TakeChunk effect);

        void onInstall(Install effect);

        void onFetch(Fetch effect);

        void onHandOverDue(HandOverDue effect);

        void onHandsOver(HandsOver effect);

        void onConfigurationChanged(ConfigurationChanged effect);

        void onChangeEnded(ChangeEnded effect);

        void onRemoved(Removed effect);

        void onRecoveryEnded(RecoveryEnded effect);

        void onAlarm(Alarm effect);
    }

    /** Send now. A message that must wait for the disk becomes an effect only once it may leave. */
    record Send(ReplicaId to, Message message) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onSend(this);
        }
    }

    /** Make durable, in the order of the sequences, then give {@link Input.Persisted}. */
    record Persist(long sequence, GroupWrite write) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onPersist(this);
        }
    }

    /** Entries from {@code fromIndex} on were cut from the log; what was proposed in them is lost or will come again. */
    record Truncated(long fromIndex) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onTruncated(this);
        }
    }

    /** The proposal {@code token} is the entry at {@code index}. */
    record Appended(long token, long index, long term) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onAppended(this);
        }
    }

    /** The proposal {@code token} was not appended. */
    record Refused(long token, Reason reason, @Nullable ReplicaId leader) implements Effect {
        /** Why nothing was appended. */
        public enum Reason {
            NOT_LEADER,
            TOO_MANY_UNCOMMITTED,
            TOO_MANY_UNAPPLIED,
            TRANSFERRING
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onRefused(this);
        }
    }

    /** Entries up to {@code index} are committed and may be applied. */
    record Commit(long index) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onCommit(this);
        }
    }

    /** The reads {@code token} may be served once the state holds {@code index}. */
    record ReadReady(long token, long index) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onReadReady(this);
        }
    }

    /** The reads {@code token} cannot be served here. */
    record ReadFailed(long token, Cause cause, @Nullable ReplicaId leader) implements Effect {
        /** Why not. */
        public enum Cause {
            NOT_LEADER,
            /** The leader did not say in time from which index on they may be served, or this replica is far behind it. */
            NO_ANSWER,
            TOO_MANY
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onReadFailed(this);
        }
    }

    /** Role, term or known leader changed. */
    record RoleChanged(Role role, long term, @Nullable ReplicaId leader, String why) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onRoleChanged(this);
        }
    }

    /** {@code to} needs entries that are gone: send it the newest snapshot. */
    record SendSnapshot(ReplicaId to, long term) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onSendSnapshot(this);
        }
    }

    /** A piece of a snapshot that is wanted; store it and answer {@code from} with a {@link Message.SnapshotResponse}. */
    record TakeChunk(ReplicaId from, Message.InstallSnapshot message) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onTakeChunk(this);
        }
    }

    /** Put the received state at {@code meta} in place of the current one. The log is already replaced. */
    record Install(SnapshotMeta meta) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onInstall(this);
        }
    }

    /** Read entries {@code [from, to]} from the disk for a follower that is behind the cache. */
    record Fetch(ReplicaId peer, long from, long to, long maxBytes) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onFetch(this);
        }
    }

    /**
     * {@code to} should lead in place of this replica, as it is preferred or this one leaves: give {@link
     * Input.TransferLeadership} unless another group of this node is handing over just now. Said again with every beat.
     */
    record HandOverDue(ReplicaId to) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onHandOverDue(this);
        }
    }

    /** This leader begins to hand over to {@code to}. */
    record HandsOver(ReplicaId to, Motive motive) implements Effect {
        /** Why it does. */
        public enum Motive {
            /** By {@link Input.TransferLeadership}. */
            ASKED,
            /** Likewise, to the replica that is preferred. */
            PREFERRED,
            /** It is not to be a voter any more. */
            LEAVES,
            /** By {@link Input.StandAside}. */
            STANDS_ASIDE,
            /** Its disk does not finish a write. */
            DISK_STALLED
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onHandsOver(this);
        }
    }

    /** From now on {@code configuration} is in force here, which the entry (or snapshot) at {@code index} brought. */
    record ConfigurationChanged(long index, Configuration configuration) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onConfigurationChanged(this);
        }
    }

    /** What became of the change of members, or of the wish to abort one, that was asked for with {@code token}. */
    record ChangeEnded(
            long token, Outcome outcome, @Nullable ReplicaId leader) implements Effect {
        /** How it ended. */
        public enum Outcome {
            /** The configuration that was asked for is committed. */
            DONE,
            /** Nothing was done: another replica leads. */
            NOT_LEADER,
            /** Nothing was done: another change is under way. */
            UNDER_WAY,
            /** Nothing was done: the group follows a newer plan already. */
            STALE_VERSION,
            /** Nothing was done: a replica that is to join left the group before, and no id is used twice. */
            RETIRED_REPLICA,
            /** The change ends at the step that it was at; if that is its first one, no quorum was altered. */
            ABORTED,
            /** The wish to abort came after the joint configuration of the last step: the change goes forward. */
            TOO_LATE,
            /** This replica leads no more; the next leader finishes the step if it is joint. */
            LEADERSHIP_LOST
        }

        @Override
        public void dispatch(Handler handler) {
            handler.onChangeEnded(this);
        }
    }

    /** The group goes on without this replica: a committed configuration at {@code index} does not name it. */
    record Removed(long index) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onRemoved(this);
        }
    }

    /** This replica lost what it had promised, and now holds durably all that it needs to vote and to count again. */
    record RecoveryEnded() implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onRecoveryEnded(this);
        }
    }

    /** Something that cannot happen while all disks keep their word happened. */
    record Alarm(String what) implements Effect {
        @Override
        public void dispatch(Handler handler) {
            handler.onAlarm(this);
        }
    }
}
