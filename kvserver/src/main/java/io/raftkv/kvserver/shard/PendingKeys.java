package io.raftkv.kvserver.shard;

import java.util.Arrays;

/**
 * How many requests of one connection read, write or wait for each key position: a small hash table of numbers, as this is
 * touched twice for every command and must not allocate.
 *
 * <p>Threads: the loop of the connection.
 */
final class PendingKeys {
    /** One request that reads, writes or waits; sums of these stand beside each other in one long. */
    static final long READ = 1;

    static final long WRITE = 1L << 21;
    static final long WAIT = 1L << 42;
    private static final long FIELD = (1L << 21) - 1;

    private static final long FREE = -1;
    private static final int FIRST_CAPACITY = 8;

    private long[] positions = new long[FIRST_CAPACITY];
    private long[] counts = new long[FIRST_CAPACITY];
    private int used;

    PendingKeys() {
        Arrays.fill(positions, FREE);
    }

    static boolean hasReads(long count) {
        return (count & FIELD) != 0;
    }

    static boolean hasWrites(long count) {
        return (count & FIELD * WRITE) != 0;
    }

    static boolean hasWaiting(long count) {
        return count >= WAIT;
    }

    /** The counts of a position. */
    long get(long position) {
        int at = find(position);
        return positions[at] == FREE ? 0 : counts[at];
    }

    /** Adds {@code change}, which may be negative, to the counts of a position. */
    void add(long position, long change) {
        int at = find(position);
        if (positions[at] == FREE) {
            if (used * 2 >= positions.length) {
                grow();
                at = find(position);
            }
            positions[at] = position;
            counts[at] = 0;
            used++;
        }
        counts[at] += change;
        if (counts[at] == 0) {
            remove(at);
        }
    }

    boolean isEmpty() {
        return used == 0;
    }

    private int find(long position) {
        int at = home(position);
        while (positions[at] != FREE && positions[at] != position) {
            at = at + 1 & positions.length - 1;
        }
        return at;
    }

    private int home(long position) {
        // The low bits of a position are a hash already.
        return (int) position & positions.length - 1;
    }

    /** Closes the gap, so that no search ends before its aim. */
    private void remove(int removed) {
        int gap = removed;
        int mask = positions.length - 1;
        for (int at = gap + 1 & mask; positions[at] != FREE; at = at + 1 & mask) {
            int home = home(positions[at]);
            if ((at - home & mask) >= (at - gap & mask)) {
                positions[gap] = positions[at];
                counts[gap] = counts[at];
                gap = at;
            }
        }
        positions[gap] = FREE;
        used--;
    }

    private void grow() {
        long[] oldPositions = positions;
        long[] oldCounts = counts;
        positions = new long[oldPositions.length * 2];
        counts = new long[positions.length];
        Arrays.fill(positions, FREE);
        for (int i = 0; i < oldPositions.length; i++) {
            if (oldPositions[i] != FREE) {
                int at = find(oldPositions[i]);
                positions[at] = oldPositions[i];
                counts[at] = oldCounts[i];
            }
        }
    }
}
