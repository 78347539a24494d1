package io.raftkv.raft.log;

import java.io.IOException;

/**
 * Watches how much room the disk has, so that work can be refused while a write that fails is still far away.
 *
 * <p>Threads: the log's; {@link #isLow} and {@link #room}: any.
 */
final class FreeSpace {
    /** The disk is asked again after so many bytes: asking takes longer than a small write. */
    private static final long STEP_BYTES = 1 << 20;

    private final Disk disk;
    private final long reserveBytes;
    private final long stepBytes;
    private long askAt;
    private volatile long usableBytes = Long.MAX_VALUE;

    FreeSpace(Disk disk, long reserveBytes) {
        this.disk = disk;
        this.reserveBytes = reserveBytes;
        this.stepBytes = Math.min(STEP_BYTES, reserveBytes / 8);
    }

    /** Looks again if that is due, which while room is short it always is. */
    void written(long totalBytes) throws IOException {
        if (reserveBytes > 0 && (isLow() || totalBytes >= askAt)) {
            askAt = totalBytes + stepBytes;
            usableBytes = disk.usableBytes();
        }
    }

    boolean isLow() {
        return usableBytes < reserveBytes;
    }

    /** How much can be written until it is low, as seen last; {@link Long#MAX_VALUE} if nothing is watched. */
    long room() {
        return reserveBytes == 0 ? Long.MAX_VALUE : Math.max(0, usableBytes - reserveBytes);
    }

    /** Says so if a write failed for want of room; that too ends the log, as the next write may be a vote. */
    IOException explained(IOException failure) {
        try {
            return disk.usableBytes() > STEP_BYTES || failure instanceof LogException
                    ? failure
                    : new LogException(
                            "log",
                            -1,
                            "there is no room left on the disk (" + failure.getMessage() + ")",
                            "nothing that was acknowledged is lost. Make room and start the server again",
                            failure);
        } catch (IOException e) {
            failure.addSuppressed(e);
            return failure;
        }
    }
}
