package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Input;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The proposals to one replica, each from when it is taken until it is answered: they wait for the next turn, in which all
 * become one entry if that is not too large, and then for the fate of that entry. What waits holds a part of the {@link Budget}.
 *
 * <p>What a leader had proposed when a later term deposed it is most likely in the log of the next one, and may be answered
 * here for an election time-out more.
 *
 * <p>Threads: the group's loop, except {@link #admit}.
 */
final class Proposals {
    /** Commands that were appended as one entry and wait for its fate. */
    private record Batch(long index, long term, long bytes, List<Completion> completions) {}

    private final GroupRunner group;
    private List<Bytes> commands = new ArrayList<>();
    private List<Completion> completions = new ArrayList<>();
    /** Of the commands that are not handed to the core yet. */
    private final AtomicLong pendingBytes = new AtomicLong();

    private final ArrayDeque<Batch> proposed = new ArrayDeque<>();
    private long nextToken;
    private long termLed;
    /** Once this replica was deposed: until when what it had proposed may still be answered here. */
    private long answersUntil;

    Proposals(GroupRunner group) {
        this.group = group;
    }

    /** Null if there is room for a command of {@code bytes}, which is then held for it. Threads: any. */
    RaftException.@Nullable Busy admit(int bytes) {
        RaftOptions options = group.options();
        if (pendingBytes.get() + bytes > options.maxPendingBytes()
                || group.node().log().queuedBytes() > options.maxLogQueueBytes()) {
            return new RaftException.Busy("too much waits to be written", 50);
        }
        RaftException.Busy noRoom = DiskRoom.refusal(group.node().log());
        if (noRoom != null) {
            return noRoom;
        }
        if (!group.node().budget().take(bytes)) {
            return new RaftException.Busy("the groups of this server together hold too much that waits", 100);
        }
        pendingBytes.addAndGet(bytes);
        return null;
    }

    /** @param full what {@link #admit} said */
    void take(Bytes command, Completion completion, RaftException.@Nullable Busy full) {
        if (full != null) {
            completion.failed(group.metrics().refused(full));
        } else if (group.isClosed()) {
            group.node().budget().giveBack(command.length());
            completion.failed(group.stopped());
        } else {
            commands.add(command);
            completions.add(completion);
            group.wake();
        }
    }

    /** Hands over to the core what was taken since the turn before. */
    void propose(Consumer<Input> core) {
        if (commands.isEmpty()) {
            return;
        }
        // A completion may propose again, or close the group, while these are under way.
        List<Bytes> waiting = commands;
        List<Completion> told = completions;
        commands = new ArrayList<>();
        completions = new ArrayList<>();
        RaftOptions options = group.options();
        int to = 0;
        try {
            while (to < waiting.size() && !group.isClosed()) {
                int from = to;
                int bytes = 0;
                while (to < waiting.size()
                        && to - from < options.maxBatchCommands()
                        && (to == from || bytes + waiting.get(to).length() <= options.maxBatchBytes())) {
                    bytes += waiting.get(to++).length();
                }
                pendingBytes.addAndGet(-bytes);
                // The batch waits first: the effects of the step say what became of it.
                proposed.add(new Batch(0, 0, bytes, told.subList(from, to)));
                core.accept(new Input.Propose(nextToken++, group.loop().wallClockMs(), waiting.subList(from, to)));
            }
        } finally {
            refuse(waiting.subList(to, waiting.size()), told.subList(to, told.size()));
        }
    }

    /** The group was closed before these were handed over. */
    private void refuse(List<Bytes> waiting, List<Completion> told) {
        waiting.forEach(command -> group.node().budget().giveBack(command.length()));
        told.forEach(completion -> completion.failed(group.stopped()));
    }

    void appended(Effect.Appended effect) {
        Batch batch = proposed.removeLast();
        proposed.add(new Batch(effect.index(), effect.term(), batch.bytes(), batch.completions()));
    }

    void refused(Effect.Refused effect) {
        Batch batch = proposed.removeLast();
        group.node().budget().giveBack(batch.bytes());
        RaftException failure =
                switch (effect.reason()) {
                    case NOT_LEADER -> new RaftException.NotLeader(effect.leader());
                    case TOO_MANY_UNCOMMITTED ->
                        new RaftException.Busy("too much waits for a majority of group " + group.id(), 100);
                    case TOO_MANY_UNAPPLIED ->
                        new RaftException.Busy("too much waits to be applied in group " + group.id(), 100);
                    case TRANSFERRING -> new RaftException.HandingOver(group.id());
                };
        batch.completions()
                .forEach(completion -> completion.failed(group.metrics().refused(failure)));
    }

    /** Who waits for {@code entry}, which is being applied, in the order of its commands; empty if nobody does here. */
    List<Completion> waitingFor(Entry entry) {
        Batch first = proposed.peek();
        if (first == null || first.index() != entry.index() || first.term() != entry.term()) {
            return List.of();
        }
        proposed.remove();
        group.node().budget().giveBack(first.bytes());
        return first.completions();
    }

    /** Whether nothing that was handed over waits for its fate. */
    boolean areAnswered() {
        return proposed.isEmpty();
    }

    void leads(long term) {
        termLed = term;
    }

    /**
     * A later term has a leader soon, whose log most likely holds what was proposed here, and who tells when it is committed.
     * Without a majority nobody does.
     */
    void deposed(long term) {
        answersUntil = group.loop().nowNanos()
                + TimeUnit.MILLISECONDS.toNanos(group.options().core().electionMaxMs());
        if (term == termLed) {
            lost();
        }
    }

    /** What a deposed leader had proposed is committed by the next one soon, or perhaps never. */
    void giveUpIfLate() {
        if (!group.leads()
                && !proposed.isEmpty()
                && (group.core().isAsleep() || group.loop().nowNanos() - answersUntil >= 0)) {
            lost();
        }
    }

    /** Of what is not committed nobody here can tell what will become of it; what is committed is applied yet. */
    void lost() {
        lost(group.core().commitIndex() + 1);
    }

    /** Of what is proposed, from index {@code from} on, nobody here can tell what will become of it. */
    void lost(long from) {
        fail(from, "leadership of group " + group.id() + " was lost before a majority answered");
    }

    private void fail(long from, String why) {
        ArrayDeque<Batch> lost = new ArrayDeque<>();
        while (!proposed.isEmpty() && proposed.getLast().index() >= from) {
            lost.addFirst(proposed.removeLast());
        }
        for (Batch batch : lost) {
            RaftException failure = new RaftException.OutcomeUnknown(why);
            group.node().budget().giveBack(batch.bytes());
            batch.completions().forEach(completion -> completion.failed(failure));
        }
    }

    /** The group was closed. */
    void close(String why) {
        fail(0, why);
        refuse(commands, completions);
        commands.clear();
        completions.clear();
    }
}
