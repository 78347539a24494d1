package io.raftkv.raft.sim;

import java.util.Arrays;

/** What a log holds, reduced to the terms and checksums of its entries, which follow {@link #startIndex}. */
final class LogImage {
    private long startIndex;
    private long startTerm;
    private int count;
    private long[] terms = new long[64];
    private int[] crcs = new int[64];

    long startIndex() {
        return startIndex;
    }

    long lastIndex() {
        return startIndex + count;
    }

    /** The term at {@code index}, -1 if it is not known. */
    long termAt(long index) {
        if (index == startIndex) {
            return startTerm;
        }
        return index < startIndex || index > lastIndex() ? -1 : terms[(int) (index - startIndex - 1)];
    }

    int crcAt(long index) {
        return crcs[(int) (index - startIndex - 1)];
    }

    void append(long term, int crc) {
        if (count == terms.length) {
            terms = Arrays.copyOf(terms, count * 2);
            crcs = Arrays.copyOf(crcs, count * 2);
        }
        terms[count] = term;
        crcs[count++] = crc;
    }

    void cutFrom(long index) {
        count = (int) Math.min(count, Math.max(0, index - startIndex - 1));
    }

    void reset(long index, long term) {
        startIndex = index;
        startTerm = term;
        count = 0;
    }

    String describe(long index) {
        return index + "/" + termAt(index);
    }

    @Override
    public String toString() {
        return "(" + startIndex + "/" + startTerm + ".." + lastIndex() + "/" + termAt(lastIndex()) + "]";
    }
}
