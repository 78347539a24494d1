package io.raftkv.raft.core;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import java.util.List;

/** Takes what a leader sends (Raft §3.5, §5.3). Threads: the group's loop. */
final class Follower {
    private static final int SMALL_PART = 8;

    private final RaftCore core;
    private long roundEchoed;
    private long roundEchoedTerm;

    Follower(RaftCore core) {
        this.core = core;
    }

    void onAppendEntries(ReplicaId from, Message.AppendEntries message) {
        if (!accepts(from, message)) {
            core.durability.sendWhenDurable(
                    from,
                    new Message.AppendResponse(core.term(), false, message.prevLogIndex(), 0, 0, message.round(), 0));
            return;
        }
        if (!isWellFormed(message)) {
            core.emit(new Effect.Alarm("refused malformed entries from " + from + ": " + message));
            return;
        }
        long prev = message.prevLogIndex();
        List<Entry> entries = message.entries();
        if (prev < core.commitIndex) {
            // What is committed is equal everywhere; compare only what comes behind it.
            if (message.lastIndex() <= core.commitIndex) {
                acknowledge(from, core.commitIndex, message.round());
                return;
            }
            entries = entries.subList((int) (core.commitIndex - prev), entries.size());
        } else if (core.log.termAt(prev) != message.prevLogTerm()) {
            refuse(from, message);
            return;
        }
        appendMissing(entries);
        core.commitTo(Math.min(message.leaderCommit(), message.lastIndex()));
        if (entries.isEmpty()) {
            echo(from, message.lastIndex(), message.round());
        }
        acknowledge(from, message.lastIndex(), message.round());
    }

    /** Whether the message is of a leader to follow; if so, follows it. */
    private boolean accepts(ReplicaId from, Message message) {
        if (message.term() < core.term()) {
            return false;
        }
        if (message.term() == core.term() && core.role == Role.LEADER) {
            core.emit(new Effect.Alarm(from + " claims to lead term " + core.term() + ", which this replica leads"));
            return false;
        }
        core.becomeFollower(message.term(), from, "it leads");
        core.elections.leaderHeard();
        return true;
    }

    private static boolean isWellFormed(Message.AppendEntries message) {
        long index = message.prevLogIndex();
        long term = message.prevLogTerm();
        for (Entry entry : message.entries()) {
            if (entry.index() != ++index
                    || entry.term() < term
                    || entry.term() > message.term()
                    || !isReadable(entry)) {
                return false;
            }
            term = entry.term();
        }
        return true;
    }

    /** A configuration is in force as soon as it is appended, so it must be readable before. */
    private static boolean isReadable(Entry entry) {
        return entry.isReadable()
                && (entry.type() != Entry.Type.CONFIGURATION || ConfigurationCodec.isValid(entry.payload()));
    }

    /** Appends what is new. Cuts only where terms differ: an old message repeats a prefix and must not cut behind it. */
    private void appendMissing(List<Entry> entries) {
        for (Entry entry : entries) {
            if (entry.index() <= core.log.lastIndex()) {
                if (core.log.termAt(entry.index()) == entry.term()) {
                    continue;
                }
                core.truncateFrom(entry.index());
            }
            core.append(entry);
        }
    }

    /** Says where the logs may agree: the last entry at or before the refused one of a term that is not later. */
    private void refuse(ReplicaId from, Message.AppendEntries message) {
        long hint = Math.min(message.prevLogIndex(), core.log.lastIndex());
        while (hint > core.commitIndex && core.log.termAt(hint) > message.prevLogTerm()) {
            hint = core.log.firstIndexOfTermAt(hint) - 1;
        }
        core.durability.sendWhenDurable(
                from,
                new Message.AppendResponse(
                        core.term(),
                        false,
                        message.prevLogIndex(),
                        hint,
                        core.log.termAt(hint),
                        message.round(),
                        toldUnapplied()));
    }

    /**
     * Tells that the logs agree up to {@code index}, once that is durable. A read round needs no disk, only a durable term,
     * so it is echoed at once if the answer has to wait.
     */
    void acknowledge(ReplicaId to, long index, long round) {
        if (core.term() != roundEchoedTerm) {
            roundEchoedTerm = core.term();
            roundEchoed = 0;
        }
        if (round > roundEchoed) {
            echo(to, index, round);
            roundEchoed = round;
        }
        core.durability.sendWhenDurable(to, agreed(index, round));
    }

    private Message agreed(long index, long round) {
        return new Message.AppendResponse(core.term(), true, index, 0, 0, round, toldUnapplied());
    }

    /** Not worth a word while it is a small part of what is too much: it always is something under load. */
    private long toldUnapplied() {
        long bytes = core.unappliedBytes();
        return bytes < core.options.maxUnappliedBytes() / SMALL_PART ? 0 : bytes;
    }

    /** Answers without waiting for a disk that is behind, with what is durable already: a slow disk is not a dead replica. */
    private void echo(ReplicaId to, long index, long round) {
        if (core.durability.isTermDurable() && core.persistedIndex() < index) {
            core.send(to, agreed(core.persistedIndex(), round));
        }
    }

    /** Whether {@code later}, which leaves at the same moment, makes the acknowledgement {@code earlier} superfluous. */
    static boolean covers(Effect.Send later, Effect.Send earlier) {
        return later.to().equals(earlier.to())
                && later.message() instanceof Message.AppendResponse a
                && earlier.message() instanceof Message.AppendResponse b
                && a.success()
                && a.term() == b.term()
                && a.index() >= b.index()
                && a.round() >= b.round();
    }

    private static boolean isWellFormed(Message.InstallSnapshot message) {
        SnapshotMeta meta = message.meta();
        return meta.index() > 0
                && meta.term() > 0
                && meta.term() <= message.term()
                && meta.configurationIndex() >= 0
                && meta.configurationIndex() <= meta.index()
                && !meta.configuration().voters().isEmpty()
                && message.totalBytes() > 0
                && message.offset() >= 0
                && message.offset() <= message.totalBytes() - message.chunk().length();
    }

    /** Answered as the heartbeat that it is; sleeps only with all that the leader has, durable. */
    void onSleep(ReplicaId from, Message.Sleep message) {
        long end = message.lastLogIndex();
        onAppendEntries(from, new Message.AppendEntries(message.term(), end, message.lastLogTerm(), end, 0, List.of()));
        boolean follows = message.term() == core.term()
                && from.equals(core.leader)
                && core.role != Role.LEADER
                && !core.isRecovering();
        if (follows && core.commitIndex == end && core.log.lastIndex() == end && core.persistedIndex() == end) {
            core.followerReads.leaderSleeps();
            core.hibernation.sleep();
        }
    }

    void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot message) {
        if (!accepts(from, message)) {
            core.durability.sendWhenDurable(
                    from,
                    new Message.SnapshotResponse(core.term(), message.meta().index(), -1, 0));
        } else if (!isWellFormed(message)) {
            core.emit(new Effect.Alarm("refused a malformed piece of a snapshot from " + from + ": " + message));
        } else if (message.meta().index() <= core.commitIndex) {
            acknowledge(from, core.commitIndex, 0);
        } else {
            core.emit(new Effect.TakeChunk(from, message));
        }
    }
}
