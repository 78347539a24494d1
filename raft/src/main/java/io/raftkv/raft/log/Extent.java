package io.raftkv.raft.log;

import org.jspecify.annotations.Nullable;

/**
 * Consecutive entries of one term of a group, somewhere in a stretch of one file. The stretch may hold records of other
 * groups, and entries of this group that no longer count; of two with one index the later one counts.
 *
 * @param segment null for entries that should be in a file that was not found (seen during recovery only)
 * @param from where in the file the stretch begins, with a record
 * @param to where it ends, with a record
 * @param bytes of the bodies, roughly once the extent was cut
 * @param growing whether the next entries may be added to it
 */
record Extent(
        @Nullable Segment segment,
        long from,
        long to,
        long term,
        long firstIndex,
        long lastIndex,
        long bytes,
        boolean growing) {
    /** Longer stretches are not merged: it is the least that is read from disk at a time. */
    private static final long MERGED_BYTES = 128 << 10;

    /** This and the entries right behind it, or null if they are not to be one extent. */
    @Nullable
    Extent mergedWith(Extent next) {
        boolean fits = growing
                && segment == next.segment
                && term == next.term
                && lastIndex + 1 == next.firstIndex
                && next.from >= from
                && next.to - from <= MERGED_BYTES;
        return fits
                ? new Extent(segment, from, next.to, term, firstIndex, next.lastIndex, bytes + next.bytes, true)
                : null;
    }

    /** The part of this with the indexes {@code [first, last]}. */
    Extent clipped(long first, long last) {
        long newFirst = Math.max(first, firstIndex);
        long newLast = Math.min(last, lastIndex);
        long share = bytes * (newLast - newFirst + 1) / (lastIndex - firstIndex + 1);
        // Behind a cut the index of the next entry may be in the stretch already, with another body.
        return new Extent(segment, from, to, term, newFirst, newLast, share, growing && newLast == lastIndex);
    }
}
