package io.raftkv.raft.driver;

import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.log.LogOptions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the log of a node from growing without bound (Raft §5.1). Each group cuts its own when that has grown, which an
 * idle one never does, so a file of the log may stay for the sake of a few that wrote into it long ago. When there are too
 * many files those groups, one after the other, take a snapshot and let go of all that it covers.
 *
 * <p>Too many is more than {@link LogOptions#maxSegments}, and more than twice the newest snapshots of all groups: the log
 * grows as large as one of them before a group takes the next, and goes on to grow while that is written.
 *
 * <p>A follower that needs what went gets the snapshot. While one is on its way, or its receiver catches up, the log may be
 * longer by what {@link RaftNode#transferBytes} says, and by half of the room on the disk at most: else a log that is written
 * faster than snapshots travel would make the receiver ask for the next one for ever.
 *
 * <p>Threads: the first loop of the node; {@link #look}: any.
 */
final class LogTrim {
    private static final Logger LOG = LoggerFactory.getLogger(LogTrim.class);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final RaftNode node;
    private final EventLoop loop;
    private final AtomicBoolean underWay = new AtomicBoolean();
    private boolean failed;

    LogTrim(RaftNode node) {
        this.node = node;
        this.loop = node.options().loops().get(0);
    }

    /** With each turn of a loop, as room may be short though nothing is written: begins, if there is too much. */
    void look() {
        if (!underWay.get() && !node.isStopped() && isTooLong() && underWay.compareAndSet(false, true)) {
            failed = false;
            node.log().findHolders(groups -> loop.execute(() -> next(new ArrayDeque<>(groups))));
        }
    }

    private boolean isTooLong() {
        int segments = node.log().stats().segments();
        LogOptions options = node.options().log();
        return segments > options.maxSegments()
                && segments > 2 * node.snapshots().newestBytes() / options.segmentBytes()
                && segments > options.maxSegments() + transferBytes() / options.segmentBytes();
    }

    /** What it is cut with, a snapshot, takes room too. */
    private long transferBytes() {
        return Math.min(node.transferBytes(), node.log().roomBytes() / 2);
    }

    private void next(Deque<Long> holders) {
        Long group = isTooLong() ? holders.poll() : null;
        if (group == null) {
            // What was cut is not written yet, or cannot be: a look at once could go on for ever.
            loop.schedule(failed ? PAUSE_AFTER_FAILURE_NANOS : PAUSE_NANOS, () -> {
                underWay.set(false);
                look();
            });
            return;
        }
        node.trim(group, new Completion() {
            @Override
            public void succeeded(@Nullable Object index) {
                LOG.debug("group {}: let go of the log up to index {}, as the log is too long", group, index);
                loop.execute(() -> next(holders));
            }

            @Override
            public void failed(RaftException why) {
                LOG.warn("group {} holds the oldest file of the log, which is too long: {}", group, why.getMessage());
                loop.execute(() -> {
                    failed = true;
                    next(holders);
                });
            }
        });
    }
}
