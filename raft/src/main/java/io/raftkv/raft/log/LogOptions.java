package io.raftkv.raft.log;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * How a {@link SharedLog} lays out its files.
 *
 * @param segmentBytes size at which a new file is begun, at least 1 KiB; one append call larger than that gets a longer
 *     file. 64 MiB: files are deleted whole, and a few of them are the least the log takes on disk
 * @param stagingBytes size of the one buffer through which all is written, at least 4 KiB
 * @param preallocateBytes how far zeros are written ahead of the end, 0 for not at all. Writing over zeros lets
 *     {@code fdatasync} be a pure flush of data; without it every sync writes the file's new size too
 * @param keepSegments when there are more files than this, the few entries that idle groups have in the oldest one are
 *     copied into the newest, so that the old file can go
 * @param maxSegments when there are more files than this, {@link SharedLog#findHolders} names the groups that should take
 *     a snapshot and let the oldest go. 16: with the files of a server 1 GiB
 * @param reserveBytes while the disk has less room than this, {@link SharedLog#isDiskNearlyFull} says so and nothing should be
 *     begun that can be refused; what cannot (terms, votes, what is under way) may take it. 0 to watch nothing. 64 MiB: a
 *     file of the log
 * @param onFailure called once, on the log executor, with the first I/O error, after which nothing is written any more.
 *     The server must stop: what an fsync that failed did write is unknown, and a second one may lie
 */
public record LogOptions(
        int segmentBytes,
        int stagingBytes,
        int preallocateBytes,
        int keepSegments,
        int maxSegments,
        long reserveBytes,
        Consumer<IOException> onFailure) {
    /** Without a reserve, and with as many files as there are. */
    public LogOptions(
            int segmentBytes,
            int stagingBytes,
            int preallocateBytes,
            int keepSegments,
            Consumer<IOException> onFailure) {
        this(segmentBytes, stagingBytes, preallocateBytes, keepSegments, Integer.MAX_VALUE, 0, onFailure);
    }

    public LogOptions {
        if (reserveBytes < 0) {
            throw new IllegalArgumentException("reserveBytes is " + reserveBytes + ", the least allowed is 0");
        }
        atLeast("segmentBytes", segmentBytes, 1 << 10);
        atLeast("stagingBytes", stagingBytes, 4 << 10);
        atLeast("preallocateBytes", preallocateBytes, 0);
        atLeast("keepSegments", keepSegments, 1);
        atLeast("maxSegments", maxSegments, keepSegments);
    }

    /** The defaults for a server. */
    public static LogOptions defaults(Consumer<IOException> onFailure) {
        return new LogOptions(64 << 20, 1 << 20, 1 << 20, 4, 16, 64 << 20, onFailure);
    }

    /** Tiny files, so that a short run rolls over and collects many of them. */
    public static LogOptions small(int segmentBytes, Consumer<IOException> onFailure) {
        return new LogOptions(segmentBytes, 4 << 10, 0, 4, onFailure);
    }

    /** These with another {@link #segmentBytes}. */
    public LogOptions withSegmentBytes(int bytes) {
        return new LogOptions(
                bytes, stagingBytes, preallocateBytes, keepSegments, maxSegments, reserveBytes, onFailure);
    }

    /** These with another {@link #preallocateBytes}. */
    public LogOptions withPreallocateBytes(int bytes) {
        return new LogOptions(segmentBytes, stagingBytes, bytes, keepSegments, maxSegments, reserveBytes, onFailure);
    }

    /** These with another {@link #keepSegments}. */
    public LogOptions withKeepSegments(int segments) {
        return new LogOptions(
                segmentBytes, stagingBytes, preallocateBytes, segments, maxSegments, reserveBytes, onFailure);
    }

    /** These with another {@link #maxSegments}. */
    public LogOptions withMaxSegments(int segments) {
        return new LogOptions(
                segmentBytes, stagingBytes, preallocateBytes, keepSegments, segments, reserveBytes, onFailure);
    }

    /** These with another {@link #reserveBytes}. */
    public LogOptions withReserveBytes(long bytes) {
        return new LogOptions(
                segmentBytes, stagingBytes, preallocateBytes, keepSegments, maxSegments, bytes, onFailure);
    }

    /** These with another {@link #onFailure}. */
    public LogOptions withOnFailure(Consumer<IOException> newOnFailure) {
        return new LogOptions(
                segmentBytes, stagingBytes, preallocateBytes, keepSegments, maxSegments, reserveBytes, newOnFailure);
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " is " + value + ", the least allowed is " + least);
        }
    }
}
