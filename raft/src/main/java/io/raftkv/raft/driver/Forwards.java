package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.ForwardResponse.Outcome;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands proposals on to the leader, and back what became of them. Not a matter of the core: a proposal on its way between
 * servers is not in the log, and its loss harms nobody but its caller, who must learn that its outcome is unknown.
 *
 * <p>A command is handed on once, to one leader in one term, and that one takes it only while it leads that term, and only
 * once however often the network repeats it: so a refusal promises that it was not appended and never will be.
 *
 * <p>Threads: the group's loop.
 */
final class Forwards {
    private static final Logger LOG = LoggerFactory.getLogger(Forwards.class);
    private static final int MAX_PENDING = 16 << 10;
    /** Lives of other replicas that a leader remembers in one term. */
    private static final int MAX_LIVES = 1024;

    private record Pending(ReplicaId leader, Completion completion, int bytes, long deadline) {}

    private record Life(ReplicaId replica, long number) implements Comparable<Life> {
        @Override
        public int compareTo(Life other) {
            int byReplica = replica.compareTo(other.replica);
            return byReplica != 0 ? byReplica : Long.compare(number, other.number);
        }
    }

    /** Which ids of one life were taken. Those older than the newest 64 count as taken. */
    private static final class Taken {
        private long newest;
        private long recent;

        boolean firstTime(long id) {
            long age = newest - id;
            if (age < 0) {
                recent = (age > -Long.SIZE ? recent << -age : 0) | 1;
                newest = id;
                return true;
            }
            if (age >= Long.SIZE || (recent >>> age & 1) != 0) {
                return false;
            }
            recent |= 1L << age;
            return true;
        }
    }

    private final GroupRunner group;
    private final @Nullable ResultCodec codec;
    private final long waitNanos;
    /** By id, which is also the order of their deadlines. */
    private final SortedMap<Long, Pending> pending = new TreeMap<>();

    private final Map<Life, Taken> taken = new TreeMap<>();
    private long takenTerm;
    private long lastId;
    private long pendingBytes;

    Forwards(GroupRunner group) {
        this.group = group;
        this.codec = group.machine().resultCodec();
        this.waitNanos =
                TimeUnit.MILLISECONDS.toNanos(4L * group.options().core().electionMaxMs());
    }

    boolean isPossible() {
        return codec != null;
    }

    /** Hands {@code command} to the leader, which is another replica or unknown. */
    void forward(Bytes command, Completion completion) {
        ReplicaId leader = group.core().leader();
        if (leader == null) {
            completion.failed(new RaftException.NotLeader(null));
        } else if (pending.size() >= MAX_PENDING
                || pendingBytes + command.length() > group.options().maxPendingBytes()) {
            completion.failed(new RaftException.Busy("too much waits for the leader of group " + group.id(), 50));
        } else {
            long id = ++lastId;
            long deadline = group.loop().nowNanos() + waitNanos;
            pending.put(id, new Pending(leader, completion, command.length(), deadline));
            pendingBytes += command.length();
            group.send(leader, new Message.Forward(group.term(), group.core().life(), id, command));
        }
    }

    /** Takes what concerns it out of the mail. */
    boolean takes(ReplicaId from, Message message) {
        if (message instanceof Message.Forward forward) {
            onForward(from, forward);
            return true;
        } else if (message instanceof Message.ForwardResponse response) {
            onResponse(from, response);
            return true;
        }
        return false;
    }

    private void onForward(ReplicaId from, Message.Forward message) {
        if (!group.leads() || message.term() != group.term() || codec == null) {
            answer(from, message, Outcome.NOT_LEADER, 0, Bytes.EMPTY);
            return;
        }
        if (takenTerm != message.term()) {
            takenTerm = message.term();
            taken.clear();
        }
        Life life = new Life(from, message.life());
        if (!taken.containsKey(life) && taken.size() >= MAX_LIVES) {
            answer(from, message, Outcome.BUSY, 1000, Bytes.EMPTY);
        } else if (taken.computeIfAbsent(life, none -> new Taken()).firstTime(message.id())) {
            propose(from, message, codec);
        }
        // Else it was repeated on its way. The first one is answered.
    }

    private void propose(ReplicaId from, Message.Forward message, ResultCodec results) {
        if (message.command().length() > group.options().maxCommandBytes()) {
            group.node()
                    .options()
                    .observer()
                    .dropped("a forwarded command of " + message.command().length() + " bytes");
            answer(from, message, Outcome.BUSY, 1000, Bytes.EMPTY);
            return;
        }
        group.propose(message.command(), new Completion() {
            @Override
            public void succeeded(@Nullable Object result) {
                Bytes bytes;
                try {
                    bytes = result == null ? Bytes.EMPTY : results.encode(result);
                } catch (RuntimeException e) {
                    // It is applied on all replicas: no reason to stop, but the caller cannot be told its result.
                    LOG.error("group {}: a result cannot be encoded: {}", group.id(), result, e);
                    answer(from, message, Outcome.UNKNOWN, 0, Bytes.EMPTY);
                    return;
                }
                answer(from, message, result == null ? Outcome.APPLIED_NULL : Outcome.APPLIED, 0, bytes);
            }

            @Override
            public void failed(RaftException failure) {
                if (failure instanceof RaftException.Busy busy) {
                    answer(from, message, Outcome.BUSY, busy.retryAfterMs(), Bytes.EMPTY);
                } else if (failure instanceof RaftException.OutcomeUnknown) {
                    answer(from, message, Outcome.UNKNOWN, 0, Bytes.EMPTY);
                } else {
                    answer(from, message, Outcome.NOT_LEADER, 0, Bytes.EMPTY);
                }
            }
        });
    }

    private void answer(ReplicaId to, Message.Forward asked, Outcome outcome, int retryAfterMs, Bytes result) {
        group.send(
                to, new Message.ForwardResponse(asked.term(), asked.life(), asked.id(), outcome, retryAfterMs, result));
    }

    private void onResponse(ReplicaId from, Message.ForwardResponse message) {
        Pending waiting = message.life() == group.core().life() ? pending.get(message.id()) : null;
        if (waiting == null || !waiting.leader().equals(from)) {
            return;
        }
        remove(message.id());
        switch (message.outcome()) {
            case APPLIED_NULL -> waiting.completion().succeeded(null);
            case APPLIED -> succeed(waiting.completion(), message.result());
            case NOT_LEADER -> {
                ReplicaId leader = group.core().leader();
                waiting.completion().failed(new RaftException.NotLeader(from.equals(leader) ? null : leader));
            }
            case BUSY ->
                waiting.completion()
                        .failed(new RaftException.Busy("the leader of group " + group.id(), message.retryAfterMs()));
            case UNKNOWN ->
                waiting.completion()
                        .failed(new RaftException.OutcomeUnknown("the leader lost its leadership, or cannot say"));
        }
    }

    private void succeed(Completion completion, Bytes bytes) {
        Object result;
        try {
            result = codec == null ? bytes : codec.decode(bytes);
        } catch (RuntimeException e) {
            LOG.error("group {}: a result of {} bytes cannot be decoded", group.id(), bytes.length(), e);
            completion.failed(new RaftException.OutcomeUnknown("it was applied, and its result cannot be read here"));
            return;
        }
        completion.succeeded(result);
    }

    private void remove(long id) {
        Pending gone = pending.remove(id);
        pendingBytes -= gone == null ? 0 : gone.bytes();
    }

    long deadline() {
        return pending.isEmpty()
                ? Long.MAX_VALUE
                : pending.values().iterator().next().deadline();
    }

    void tick() {
        long now = group.loop().nowNanos();
        while (now >= deadline()) {
            Iterator<Pending> oldest = pending.values().iterator();
            Pending late = oldest.next();
            oldest.remove();
            pendingBytes -= late.bytes();
            // If this replica sleeps, the one it trusts in may lead no more.
            group.peerLost(late.leader().server());
            late.completion().failed(new RaftException.OutcomeUnknown(late.leader() + " did not answer in time"));
        }
    }

    /** Whoever leads now does not know what became of what another one was given. */
    void leaderChanged() {
        fail("group " + group.id() + " has another leader, or none");
    }

    void fail(String why) {
        List<Pending> lost = new ArrayList<>(pending.values());
        pending.clear();
        pendingBytes = 0;
        lost.forEach(one -> one.completion().failed(new RaftException.OutcomeUnknown(why)));
    }
}
