package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What a group remembers of one session: which results its client does not have yet, for all that is known.
 *
 * <p>Threads: the loop of the group; once frozen (see {@link SessionTable}) nothing but the links is changed any more.
 */
final class SessionRecord {
    /** What a command left that has the result null. Told apart by identity, so it is no shared constant. */
    static final Bytes NULL_RESULT = Bytes.wrap(new byte[1]);

    /** What a stored result takes beside its bytes, roughly. */
    static final int RESULT_OVERHEAD = 16;

    private static final int SMALLEST_RING = 4;
    private static final int LARGEST_IDLE_RING = 64;

    final long id;
    final Bytes label;
    long lastTimeMs;
    long ackedBelow = 1;
    /** When this was made, in the counting of {@link SessionTable}. */
    final int generation;

    /** The results of [ackedBelow, ackedBelow + length), each at its sequence modulo the length; null where there is none. */
    private @Nullable Bytes[] ring = new @Nullable Bytes[SMALLEST_RING];

    private int results;
    private long resultBytes;

    SessionRecord previous = this;
    SessionRecord next = this;

    SessionRecord(long id, Bytes label, long lastTimeMs, int generation) {
        this.id = id;
        this.label = label;
        this.lastTimeMs = lastTimeMs;
        this.generation = generation;
    }

    /** The same session, not linked yet. */
    SessionRecord copy(int newGeneration) {
        SessionRecord copy = new SessionRecord(id, label, lastTimeMs, newGeneration);
        copy.ackedBelow = ackedBelow;
        copy.ring = ring.clone();
        copy.results = results;
        copy.resultBytes = resultBytes;
        return copy;
    }

    int results() {
        return results;
    }

    /** What the unacknowledged results take. */
    long resultBytes() {
        return resultBytes;
    }

    /** What the command had for a result, null if it was not executed. */
    @Nullable
    Bytes result(long sequence) {
        return sequence >= ackedBelow && sequence - ackedBelow < ring.length ? ring[slot(sequence)] : null;
    }

    /**
     * Keeps the result of a command that was not executed before.
     *
     * @throws IllegalStateException if it has a result already, or its result was acknowledged: it was executed twice
     */
    void store(long sequence, Bytes result) {
        if (sequence < ackedBelow || result(sequence) != null) {
            throw new IllegalStateException("command " + sequence + " of session " + id
                    + " was executed before; all below " + ackedBelow + " are acknowledged");
        }
        while (sequence - ackedBelow >= ring.length) {
            grow();
        }
        ring[slot(sequence)] = result;
        results++;
        resultBytes += result.length() + RESULT_OVERHEAD;
    }

    private void grow() {
        @Nullable Bytes[] small = ring;
        ring = new @Nullable Bytes[2 * small.length];
        for (long sequence = ackedBelow; sequence < ackedBelow + small.length; sequence++) {
            ring[slot(sequence)] = small[(int) (sequence & small.length - 1)];
        }
    }

    /** Forgets the results below {@code sequence}; does nothing if an earlier command said more. */
    void acknowledge(long sequence) {
        if (sequence <= ackedBelow) {
            return;
        }
        long end = Math.min(sequence, ackedBelow + ring.length);
        for (long acked = ackedBelow; acked < end; acked++) {
            Bytes result = ring[slot(acked)];
            if (result != null) {
                ring[slot(acked)] = null;
                results--;
                resultBytes -= result.length() + RESULT_OVERHEAD;
            }
        }
        ackedBelow = sequence;
        if (results == 0 && ring.length > LARGEST_IDLE_RING) {
            ring = new @Nullable Bytes[SMALLEST_RING];
        }
    }

    private int slot(long sequence) {
        return (int) (sequence & ring.length - 1);
    }

    void unlink() {
        previous.next = next;
        next.previous = previous;
        previous = this;
        next = this;
    }

    void linkBefore(SessionRecord other) {
        previous = other.previous;
        next = other;
        previous.next = this;
        other.previous = this;
    }
}
