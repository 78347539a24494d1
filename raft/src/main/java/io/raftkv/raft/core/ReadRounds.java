package io.raftkv.raft.core;

import java.util.ArrayDeque;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;

/**
 * Reads of a leader that wait until a quorum confirmed that it still leads (Raft §6.4).
 *
 * <p>Each batch of reads gets the next round number. Appends carry the highest round given out when they are sent, and
 * followers echo it. A number and not the identity of a request: an answer to an earlier message carries a lower number
 * and can never confirm a read that came after that message was sent. Threads: the group's loop.
 */
final class ReadRounds {
    private record Waiting(long round, long token, long index) {}

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private long lastRound;

    long lastRound() {
        return lastRound;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** A round of its own for an answer that must be to a message sent from now on. */
    long begin() {
        return ++lastRound;
    }

    /** A read that was asked for while {@code commitIndex} was committed. */
    void add(long token, long commitIndex) {
        waiting.add(new Waiting(++lastRound, token, commitIndex));
    }

    /** Hands out the reads whose round {@code confirmed} accepts, in order. */
    void release(LongPredicate confirmed, ReadyConsumer ready) {
        while (!waiting.isEmpty() && confirmed.test(waiting.getFirst().round())) {
            Waiting read = waiting.removeFirst();
            ready.accept(read.token(), read.index());
        }
    }

    /** Hands out the tokens of all waiting reads, which will not be confirmed. */
    void drain(LongConsumer tokens) {
        while (!waiting.isEmpty()) {
            tokens.accept(waiting.removeFirst().token());
        }
    }

    /** Takes a read that may be served once the state holds {@code index}. */
    interface ReadyConsumer {
        void accept(long token, long index);
    }
}
