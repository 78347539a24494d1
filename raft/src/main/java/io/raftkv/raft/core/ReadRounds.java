package io.raftkv.raft.core;

import io.raftkv.raft.ReplicaId;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads of a leader that wait until a quorum confirmed that it still leads (Raft §6.4).
 *
 * <p>Each batch of reads gets the next round number. Appends carry the highest round given out when they are sent, and
 * followers echo it. A number and not the identity of a request: an answer to an earlier message carries a lower number
 * and can never confirm a read that came after that message was sent. Threads: the group's loop.
 */
final class ReadRounds {
    /**
     * Whose reads.
     *
     * @param follower who asked, or null for reads of this replica
     * @param life of the follower, see {@link Message.ReadIndex}
     * @param token of the reads here, or the follower's id for them
     */
    record Reader(@Nullable ReplicaId follower, long life, long token) {}

    private record Waiting(long round, Reader reader, long index) {}

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private long lastRound;

    long lastRound() {
        return lastRound;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    /** A round of its own for an answer that must be to a message sent from now on. */
    long begin() {
        return ++lastRound;
    }

    /** A read that was asked for while {@code commitIndex} was committed. */
    void add(Reader reader, long commitIndex) {
        waiting.add(new Waiting(++lastRound, reader, commitIndex));
    }

    /** Hands out the reads whose round {@code confirmed} accepts, in order. */
    void release(LongPredicate confirmed, ReadyConsumer ready) {
        while (!waiting.isEmpty() && confirmed.test(waiting.getFirst().round())) {
            Waiting read = waiting.removeFirst();
            ready.accept(read.reader(), read.index());
        }
    }

    /** Hands out all waiting reads, which will not be confirmed. */
    void drain(Consumer<Reader> readers) {
        while (!waiting.isEmpty()) {
            readers.accept(waiting.removeFirst().reader());
        }
    }

    /** Takes a read that may be served once the state holds {@code index}. */
    interface ReadyConsumer {
        void accept(Reader reader, long index);
    }
}
