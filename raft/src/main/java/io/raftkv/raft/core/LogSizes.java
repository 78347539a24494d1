package io.raftkv.raft.core;

import java.util.Arrays;

/**
 * How many bytes of a log lie behind an index, known to within {@code step} bytes, in memory that does not grow with the
 * number of entries. Threads: the group's loop.
 */
final class LogSizes {
    private final long step;
    /** The entries from {@code index[i]} on begin when {@code before[i]} bytes had been appended. */
    private long[] index = new long[4];

    private long[] before = new long[4];
    private int marks;
    private long total;

    LogSizes(long step) {
        this.step = Math.max(1, step);
    }

    void appended(long at, int bytes) {
        if (marks == 0 || total - before[marks - 1] >= step) {
            if (marks == index.length) {
                index = Arrays.copyOf(index, 2 * marks);
                before = Arrays.copyOf(before, 2 * marks);
            }
            index[marks] = at;
            before[marks++] = total;
        }
        total += bytes;
    }

    /** The entry at {@code at}, the last one, is gone. */
    void removedLast(long at, int bytes) {
        total -= bytes;
        if (marks > 0 && index[marks - 1] == at) {
            marks--;
        }
    }

    /** Entries up to and including {@code last} are gone. */
    void compactedTo(long last) {
        int first = 0;
        while (first + 1 < marks && index[first + 1] <= last + 1) {
            first++;
        }
        marks -= first;
        System.arraycopy(index, first, index, 0, marks);
        System.arraycopy(before, first, before, 0, marks);
    }

    void clear() {
        marks = 0;
        total = 0;
    }

    /** The bytes of all that was appended and not taken back, compacted or not. */
    long appended() {
        return total;
    }

    /** The bytes of all entries from {@code from} on, rather too many than too few. */
    long from(long from) {
        int at = Arrays.binarySearch(index, 0, marks, from);
        int mark = at >= 0 ? at : Math.max(0, -at - 2);
        return marks == 0 ? 0 : total - before[mark];
    }
}
