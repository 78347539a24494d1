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
 * @param onFailure called once, on the log executor, with the first I/O error, after which nothing is written any more.
 *     The server must stop: what an fsync that failed did write is unknown, and a second one may lie
 */
public record LogOptions(
        int segmentBytes, int stagingBytes, int preallocateBytes, int keepSegments, Consumer<IOException> onFailure) {
    /** Checks the ranges. */
    public LogOptions {
        atLeast("segmentBytes", segmentBytes, 1 << 10);
        atLeast("stagingBytes", stagingBytes, 4 << 10);
        atLeast("preallocateBytes", preallocateBytes, 0);
        atLeast("keepSegments", keepSegments, 1);
    }

    /** The defaults for a server. */
    public static LogOptions defaults(Consumer<IOException> onFailure) {
        return new LogOptions(64 << 20, 1 << 20, 1 << 20, 4, onFailure);
    }

    /** Tiny files, so that a short run rolls over and collects many of them. */
    public static LogOptions small(int segmentBytes, Consumer<IOException> onFailure) {
        return new LogOptions(segmentBytes, 4 << 10, 0, 4, onFailure);
    }

    /** These with another {@link #segmentBytes}. */
    public LogOptions withSegmentBytes(int bytes) {
        return new LogOptions(bytes, stagingBytes, preallocateBytes, keepSegments, onFailure);
    }

    /** These with another {@link #preallocateBytes}. */
    public LogOptions withPreallocateBytes(int bytes) {
        return new LogOptions(segmentBytes, stagingBytes, bytes, keepSegments, onFailure);
    }

    /** These with another {@link #keepSegments}. */
    public LogOptions withKeepSegments(int segments) {
        return new LogOptions(segmentBytes, stagingBytes, preallocateBytes, segments, onFailure);
    }

    /** These with another {@link #onFailure}. */
    public LogOptions withOnFailure(Consumer<IOException> newOnFailure) {
        return new LogOptions(segmentBytes, stagingBytes, preallocateBytes, keepSegments, newOnFailure);
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " is " + value + ", the least allowed is " + least);
        }
    }
}
