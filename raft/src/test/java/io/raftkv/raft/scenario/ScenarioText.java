package io.raftkv.raft.scenario;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.Message;
import java.util.List;
import java.util.SortedSet;
import java.util.stream.Collectors;

/** Effects and messages in the words of the scenarios. */
final class ScenarioText implements Effect.Handler, Message.Handler {
    private String text = "";

    private ScenarioText() {}

    static String of(Effect effect) {
        ScenarioText writer = new ScenarioText();
        effect.dispatch(writer);
        return " " + writer.text;
    }

    private static String name(ReplicaId id) {
        return id == null ? "nobody" : Long.toString(id.server());
    }

    private static String entries(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        entries.forEach(
                entry -> text.append(' ').append(entry.index()).append('/').append(entry.term()));
        return text.toString();
    }

    @Override
    public void onSend(Effect.Send effect) {
        effect.message().dispatch(effect.to(), this);
        text = "-> " + name(effect.to()) + " " + text;
    }

    @Override
    public void onPersist(Effect.Persist effect) {
        GroupWrite write = effect.write();
        text = "writes";
        if (write.hardState() != null) {
            text += " term " + write.hardState().term() + " vote "
                    + name(write.hardState().votedFor());
        }
        if (write.logStart() != null) {
            text += " start " + write.logStart().index() + "/"
                    + write.logStart().term();
        }
        if (!write.entries().isEmpty()) {
            text += " entries" + entries(write.entries());
        }
    }

    @Override
    public void onTruncated(Effect.Truncated effect) {
        text = "cuts from " + effect.fromIndex();
    }

    @Override
    public void onAppended(Effect.Appended effect) {
        text = "appends " + effect.index() + "/" + effect.term();
    }

    @Override
    public void onRefused(Effect.Refused effect) {
        text = "refuses: " + effect.reason() + ", leader " + name(effect.leader());
    }

    @Override
    public void onCommit(Effect.Commit effect) {
        text = "commits " + effect.index();
    }

    @Override
    public void onHandOverDue(Effect.HandOverDue effect) {
        text = "would hand over to " + name(effect.to());
    }

    @Override
    public void onHandsOver(Effect.HandsOver effect) {
        text = "hands over to " + name(effect.to()) + ": " + effect.motive();
    }

    @Override
    public void onReadReady(Effect.ReadReady effect) {
        text = "may read at " + effect.index();
    }

    @Override
    public void onReadFailed(Effect.ReadFailed effect) {
        text = "cannot read: " + effect.cause() + ", leader " + name(effect.leader());
    }

    @Override
    public void onRoleChanged(Effect.RoleChanged effect) {
        text = "is " + effect.role() + " in term " + effect.term() + ", leader " + name(effect.leader()) + ": "
                + effect.why();
    }

    @Override
    public void onSendSnapshot(Effect.SendSnapshot effect) {
        text = "wants to send a snapshot to " + name(effect.to());
    }

    @Override
    public void onTakeChunk(Effect.TakeChunk effect) {
        text = "takes a chunk of the snapshot of " + name(effect.from());
    }

    @Override
    public void onInstall(Effect.Install effect) {
        text = "installs snapshot " + effect.meta().index() + "/"
                + effect.meta().term();
    }

    @Override
    public void onFetch(Effect.Fetch effect) {
        text = "fetches " + effect.from() + ".." + effect.to() + " for " + name(effect.peer());
    }

    @Override
    public void onConfigurationChanged(Effect.ConfigurationChanged effect) {
        text = "has at " + effect.index() + " " + members(effect.configuration());
    }

    /** Voters, in a joint configuration the old ones first, then learners. */
    static String members(Configuration configuration) {
        return (configuration.isJoint() ? "joint " + names(configuration.oldVoters()) + " and " : "voters ")
                + names(configuration.voters())
                + (configuration.learners().isEmpty() ? "" : " learners " + names(configuration.learners()))
                + " version " + configuration.mapVersion() + (configuration.leaseReads() ? " leases" : "");
    }

    private static String names(SortedSet<ReplicaId> ids) {
        return ids.stream().map(ScenarioText::name).collect(Collectors.joining(","));
    }

    @Override
    public void onChangeEnded(Effect.ChangeEnded effect) {
        text = "ends a change: " + effect.outcome();
    }

    @Override
    public void onRemoved(Effect.Removed effect) {
        text = "was removed at " + effect.index();
    }

    @Override
    public void onRecoveryEnded(Effect.RecoveryEnded effect) {
        text = "has recovered";
    }

    @Override
    public void onAlarm(Effect.Alarm effect) {
        text = "ALARM: " + effect.what();
    }

    @Override
    public void onRequestVote(ReplicaId from, Message.RequestVote message) {
        text = (message.preVote() ? "PreVote" : "RequestVote") + " term " + message.term() + " last "
                + message.lastLogIndex() + "/" + message.lastLogTerm();
    }

    @Override
    public void onVoteResponse(ReplicaId from, Message.VoteResponse message) {
        text = (message.preVote() ? "PreVoteResponse" : "VoteResponse") + " term " + message.term()
                + (message.granted() ? " granted" : " refused");
    }

    @Override
    public void onAppendEntries(ReplicaId from, Message.AppendEntries message) {
        text = "AppendEntries term " + message.term() + " prev " + message.prevLogIndex() + "/"
                + message.prevLogTerm() + " commit " + message.leaderCommit() + round(message.round())
                + (message.entries().isEmpty() ? "" : " entries" + entries(message.entries()));
    }

    private static String round(long round) {
        return round == 0 ? "" : " round " + round;
    }

    @Override
    public void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
        String hint = message.success() ? "" : " hint " + message.hintIndex() + "/" + message.hintTerm();
        text = "AppendResponse term " + message.term() + (message.success() ? " match " : " refused ") + message.index()
                + hint + round(message.round())
                + (message.unappliedBytes() == 0 ? "" : " unapplied " + message.unappliedBytes());
    }

    @Override
    public void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot message) {
        text = "InstallSnapshot term " + message.term() + " of "
                + message.meta().index();
    }

    @Override
    public void onSnapshotResponse(ReplicaId from, Message.SnapshotResponse message) {
        text = "SnapshotResponse term " + message.term() + " of " + message.snapshotIndex();
    }

    @Override
    public void onSleep(ReplicaId from, Message.Sleep message) {
        text = "Sleep term " + message.term() + " last " + message.lastLogIndex() + "/" + message.lastLogTerm();
    }

    @Override
    public void onTimeoutNow(ReplicaId from, Message.TimeoutNow message) {
        text = "TimeoutNow term " + message.term();
    }

    @Override
    public void onRemoved(ReplicaId from, Message.Removed message) {
        text = "Removed term " + message.term() + " at " + message.configurationIndex();
    }

    @Override
    public void onRemovedResponse(ReplicaId from, Message.RemovedResponse message) {
        text = "RemovedResponse term " + message.term() + " at " + message.configurationIndex();
    }

    @Override
    public void onForward(ReplicaId from, Message.Forward message) {
        throw new IllegalStateException("no matter of the core");
    }

    @Override
    public void onForwardResponse(ReplicaId from, Message.ForwardResponse message) {
        throw new IllegalStateException("no matter of the core");
    }

    @Override
    public void onReadIndex(ReplicaId from, Message.ReadIndex message) {
        text = "ReadIndex " + message.life() + "." + message.id();
    }

    @Override
    public void onReadIndexResponse(ReplicaId from, Message.ReadIndexResponse message) {
        text = "ReadIndexResponse " + message.life() + "." + message.id() + " at " + message.index();
    }

    @Override
    public void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse message) {
        onAppendResponse(from, message.answer());
        text = "recovering " + text;
    }

    @Override
    public void onRecovered(ReplicaId from, Message.Recovered message) {
        text = "Recovered term " + message.term() + " at " + message.index();
    }
}
