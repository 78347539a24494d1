package io.raftkv.raft.core;

import io.raftkv.raft.core.Progress.Mode;
import java.util.concurrent.TimeUnit;

/**
 * How much of the log stays when a snapshot covers it (Raft §5.1): a tail for whoever is a little behind, and on a leader
 * what followers need that are being sent a snapshot or catch up after one. Without that a log that is cut faster than a
 * snapshot travels would make its receiver ask for the next one for ever.
 *
 * <p>Bounded: nobody who was silent for long counts, and nobody who needs more than {@link CoreOptions#lagBytes}, or
 * {@value #SNAPSHOTS_KEPT} times the snapshot it gets if that is more. So a transfer is of use if less than that is written
 * while it lasts, with the turns that others had before it: to three receivers, while the log grows more than twice as fast as
 * snapshots travel.
 *
 * <p>Threads: the group's loop.
 */
final class LogRetention {
    /** As long as a snapshot is kept for one that says nothing. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final int SNAPSHOTS_KEPT = 8;

    private final RaftCore core;

    LogRetention(RaftCore core) {
        this.core = core;
    }

    /** The first entry to keep now that a snapshot covers all up to and including {@code covered}. */
    long firstKept(long covered) {
        long keepFrom = covered + 1;
        long tail = 0;
        while (core.log.isCached(keepFrom - 1)
                && tail + core.log.entry(keepFrom - 1).bytes() <= core.options.tailBytes()) {
            tail += core.log.entry(--keepFrom).bytes();
        }
        for (Progress follower : core.leaderRole.replication.followers()) {
            long needed = neededFrom(follower);
            if (needed > 0
                    && needed < keepFrom
                    && isHeard(follower)
                    && core.log.bytesFrom(needed) <= Math.max(core.options.lagBytes(), transferBytes(follower))) {
                keepFrom = needed;
            }
        }
        return keepFrom;
    }

    /** How many bytes of the log followers may need that are sent a snapshot, or catch up after one. */
    long transferBytes() {
        long bytes = 0;
        for (Progress follower : core.leaderRole.replication.followers()) {
            if (isHeard(follower)) {
                bytes = Math.max(bytes, transferBytes(follower));
            }
        }
        return bytes;
    }

    private static long transferBytes(Progress follower) {
        return SNAPSHOTS_KEPT * follower.snapshotBytes;
    }

    private boolean isHeard(Progress follower) {
        return core.now - follower.lastHeardNanos < SILENT_NANOS;
    }

    /** The first entry that {@code follower} will be sent, 0 if that is not known. */
    private static long neededFrom(Progress follower) {
        if (follower.mode == Mode.SNAPSHOT) {
            return follower.snapshotIndex == 0 ? 0 : follower.snapshotIndex + 1;
        }
        return follower.matchIndex == 0 ? 0 : follower.matchIndex + 1;
    }
}
