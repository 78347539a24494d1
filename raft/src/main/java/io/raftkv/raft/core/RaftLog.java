package io.raftkv.raft.core;

import io.raftkv.raft.core.GroupWrite.LogPosition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group's log as the core sees it: the term of every entry after the start, and the newest entries themselves.
 *
 * <pre>start &lt; first kept index &lt;= first cached index &lt;= last index + 1</pre>
 *
 * Entries before the first cached one are on disk only. Threads: the group's loop.
 */
final class RaftLog {
    private LogPosition start;
    private long lastIndex;

    /** Runs of one term: {@code runFirst[i]} is the index at which term {@code runTerm[i]} begins. */
    private long[] runFirst = new long[8];

    private long[] runTerm = new long[8];
    private int runs;

    /** The cached entry at index i is at {@code i & (cache.length - 1)}. */
    private @Nullable Entry[] cache = new Entry[64];

    private long firstCached;
    private long cachedBytes;

    private final LogSizes sizes;

    /** @param largestQuestion the most bytes that anybody compares {@link #bytesFrom} with */
    RaftLog(LogPosition start, List<Entry> entries, long largestQuestion) {
        this.sizes = new LogSizes(largestQuestion == 0 ? Long.MAX_VALUE : largestQuestion / 256);
        this.start = start;
        this.lastIndex = start.index();
        this.firstCached = start.index() + 1;
        for (Entry entry : entries) {
            append(entry);
        }
    }

    LogPosition start() {
        return start;
    }

    long lastIndex() {
        return lastIndex;
    }

    long lastTerm() {
        return runs == 0 ? start.term() : runTerm[runs - 1];
    }

    long firstCached() {
        return firstCached;
    }

    long cachedBytes() {
        return cachedBytes;
    }

    /** The term of the entry at {@code index}, or -1 if the log does not hold it (any more). */
    long termAt(long index) {
        if (index == start.index()) {
            return start.term();
        }
        if (index < start.index() || index > lastIndex) {
            return -1;
        }
        return runTerm[runOf(index)];
    }

    /** The first index of the run of one term that holds {@code index}. */
    long firstIndexOfTermAt(long index) {
        return Math.max(runFirst[runOf(index)], start.index() + 1);
    }

    private int runOf(long index) {
        int at = Arrays.binarySearch(runFirst, 0, runs, index);
        return at >= 0 ? at : -at - 2;
    }

    /** The bytes of all entries from {@code index} on, rather too many than too few. */
    long bytesFrom(long index) {
        return sizes.from(index);
    }

    /** Of all that was appended and not cut again, compacted or not: what a leader wrote is the difference of two. */
    long appendedBytes() {
        return sizes.appended();
    }

    boolean isCached(long index) {
        return index >= firstCached && index <= lastIndex;
    }

    Entry entry(long index) {
        if (!isCached(index)) {
            throw new IllegalStateException(
                    "entry " + index + " is not cached: [" + firstCached + ", " + lastIndex + "]");
        }
        Entry entry = cache[slot(index)];
        if (entry == null || entry.index() != index) {
            throw new IllegalStateException("entry " + index + " is missing in the cache: found " + entry);
        }
        return entry;
    }

    /** Entries from {@code from} on, at most {@code maxBytes} of them but at least one. All are cached. */
    List<Entry> entries(long from, long maxBytes) {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index <= lastIndex; index++) {
            Entry entry = entry(index);
            bytes += entry.bytes();
            if (bytes > maxBytes && !entries.isEmpty()) {
                break;
            }
            entries.add(entry);
        }
        return entries;
    }

    void append(Entry entry) {
        if (entry.index() != lastIndex + 1 || entry.term() < lastTerm()) {
            throw new IllegalStateException(
                    "cannot append " + entry + " behind index " + lastIndex + ", term " + lastTerm());
        }
        if (runs == 0 || runTerm[runs - 1] != entry.term()) {
            if (runs == runFirst.length) {
                runFirst = Arrays.copyOf(runFirst, runs * 2);
                runTerm = Arrays.copyOf(runTerm, runs * 2);
            }
            runFirst[runs] = entry.index();
            runTerm[runs++] = entry.term();
        }
        lastIndex = entry.index();
        if (lastIndex - firstCached >= cache.length) {
            growCache();
        }
        cache[slot(lastIndex)] = entry;
        cachedBytes += entry.bytes();
        sizes.appended(lastIndex, entry.bytes());
    }

    private void growCache() {
        Entry[] larger = new Entry[cache.length * 2];
        for (long index = firstCached; index < lastIndex; index++) {
            larger[(int) (index & (larger.length - 1))] = entry(index);
        }
        cache = larger;
    }

    /** Drops all entries from {@code index} on. */
    void truncateFrom(long index) {
        if (index <= start.index()) {
            throw new IllegalStateException("cannot cut at " + index + ", the log starts behind " + start);
        }
        // What is not committed is always cached.
        for (long i = lastIndex; i >= Math.max(index, firstCached); i--) {
            sizes.removedLast(i, entry(i).bytes());
            uncache(i);
        }
        lastIndex = Math.min(lastIndex, index - 1);
        firstCached = Math.min(firstCached, index);
        while (runs > 0 && runFirst[runs - 1] > lastIndex) {
            runs--;
        }
    }

    /** Forgets all entries up to and including {@code index}, which the log holds. */
    void compactTo(long index) {
        if (index <= start.index()) {
            return;
        }
        start = new LogPosition(index, termAt(index));
        sizes.compactedTo(index);
        evictTo(index);
        int first = index == lastIndex ? runs : runOf(index + 1);
        System.arraycopy(runFirst, first, runFirst, 0, runs - first);
        System.arraycopy(runTerm, first, runTerm, 0, runs - first);
        runs -= first;
    }

    /** Replaces the whole log by the empty one behind {@code position}. */
    void resetTo(LogPosition position) {
        evictTo(lastIndex);
        start = position;
        lastIndex = position.index();
        firstCached = lastIndex + 1;
        runs = 0;
        sizes.clear();
    }

    /** Keeps entries up to and including {@code index} on disk only. */
    void evictTo(long index) {
        while (firstCached <= Math.min(index, lastIndex)) {
            uncache(firstCached);
            firstCached++;
        }
    }

    private void uncache(long index) {
        cachedBytes -= entry(index).bytes();
        cache[slot(index)] = null;
    }

    private int slot(long index) {
        return (int) (index & (cache.length - 1));
    }
}
