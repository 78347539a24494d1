package io.raftkv.raft.core;

import io.raftkv.raft.ReplicaId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one replica wants written, how much of that is durable, and the messages that wait for it.
 *
 * <p><b>The rule of the disk</b> (Raft §3.8): an answer that promises something leaves only when all that was written up
 * to it is durable. Such messages go through {@link #sendWhenDurable}; there is no other way to send one.
 *
 * <p>Threads: the group's loop.
 */
final class Durability {
    /** How far the log is durable once the writes up to {@code sequence} are. */
    private static final class Mark {
        final long sequence;
        final long beganNanos;
        long lastIndex;

        Mark(long sequence, long beganNanos, long lastIndex) {
            this.sequence = sequence;
            this.beganNanos = beganNanos;
            this.lastIndex = lastIndex;
        }
    }

    private record Deferred(long sequence, Effect.Send send) {}

    private final RaftCore core;
    private final ArrayDeque<Mark> marks = new ArrayDeque<>();
    private final ArrayDeque<Deferred> deferred = new ArrayDeque<>();
    private final List<Effect.Send> sendAfterThisStep = new ArrayList<>();
    private List<Entry> unsaved = new ArrayList<>();
    private boolean hardStateChanged;
    private boolean logStartChanged;
    private long sequence;
    private long persistedSequence;
    private long hardStateSequence;
    private long persistedIndex;

    Durability(RaftCore core) {
        this.core = core;
    }

    /** The replica begins with a log that was found on the disk, up to {@code lastIndex}. */
    void begin(long lastIndex) {
        persistedIndex = lastIndex;
    }

    /** How far the log is durable. */
    long persistedIndex() {
        return persistedIndex;
    }

    boolean isTermDurable() {
        return !hardStateChanged && hardStateSequence <= persistedSequence;
    }

    /** Whether the disk has not finished a write for {@code ms}; never if {@code ms} is 0. */
    boolean isStalledFor(long ms) {
        return ms > 0 && !marks.isEmpty() && core.now - marks.getFirst().beganNanos >= core.nanos(ms);
    }

    // What is to be written with this step.

    void hardStateChanged() {
        hardStateChanged = true;
    }

    void logStartChanged() {
        logStartChanged = true;
    }

    void appended(Entry entry) {
        unsaved.add(entry);
    }

    /** The log was cut: writes under way may finish later, but what they wrote at these indexes is no longer the log. */
    void truncatedFrom(long index) {
        unsaved.removeIf(entry -> entry.index() >= index);
        marks.forEach(mark -> mark.lastIndex = Math.min(mark.lastIndex, index - 1));
        persistedIndex = Math.min(persistedIndex, index - 1);
    }

    /** The log was replaced by the empty one behind the snapshot at {@code index}. */
    void logReplaced(long index) {
        marks.forEach(mark -> mark.lastIndex = index);
        unsaved.clear();
    }

    /** The snapshot at {@code index} is durable, whatever becomes of the write that replaces the log. */
    void snapshotReceived(long index) {
        persistedIndex = Math.min(Math.max(persistedIndex, index), core.log.lastIndex());
        logStartChanged = true;
    }

    /** Sends once everything written so far, this step included, is durable. */
    void sendWhenDurable(ReplicaId to, Message message) {
        sendAfterThisStep.add(new Effect.Send(to, core.recovering.marked(message)));
    }

    /** At the end of a step. */
    void write() {
        if (hardStateChanged || logStartChanged || !unsaved.isEmpty()) {
            sequence++;
            marks.add(new Mark(sequence, core.now, core.log.lastIndex()));
            core.emit(new Effect.Persist(
                    sequence,
                    new GroupWrite(
                            core.groupId,
                            hardStateChanged ? core.hardState() : null,
                            logStartChanged ? core.log.start() : null,
                            unsaved)));
            if (hardStateChanged) {
                hardStateSequence = sequence;
            }
            unsaved = new ArrayList<>();
            hardStateChanged = false;
            logStartChanged = false;
        }
        for (Effect.Send send : sendAfterThisStep) {
            deferred.add(new Deferred(sequence, send));
        }
        sendAfterThisStep.clear();
    }

    /** The writes up to this one are durable. */
    void persisted(long upTo) {
        persistedSequence = Math.max(persistedSequence, upTo);
        while (!marks.isEmpty() && marks.getFirst().sequence <= upTo) {
            persistedIndex = Math.max(persistedIndex, marks.removeFirst().lastIndex);
        }
    }

    /** Lets go what waited for the disk. Answers of terms gone by are of no use to anybody. */
    void release() {
        Effect.@Nullable Send ack = null;
        while (!deferred.isEmpty() && deferred.getFirst().sequence() <= persistedSequence) {
            Effect.Send send = deferred.removeFirst().send();
            if (send.message().term() < core.term()) {
                continue;
            }
            if (ack != null && !Follower.covers(send, ack)) {
                core.emit(ack);
            }
            ack = null;
            if (send.message() instanceof Message.AppendResponse response && response.success()) {
                ack = send;
            } else {
                core.emit(send);
            }
        }
        if (ack != null) {
            core.emit(ack);
        }
    }

    /** What still waits was promised without knowing of what the disk lost. */
    void dropPromises() {
        deferred.clear();
    }
}
