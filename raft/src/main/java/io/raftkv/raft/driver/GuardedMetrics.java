package io.raftkv.raft.driver;

import io.raftkv.raft.RaftMetrics;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what a user's metrics throw away from the node. Threads: any. */
final class GuardedMetrics implements RaftMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedMetrics.class);

    private final RaftMetrics metrics;
    private final AtomicBoolean complained = new AtomicBoolean();

    GuardedMetrics(RaftMetrics metrics) {
        this.metrics = metrics;
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            if (complained.compareAndSet(false, true)) {
                LOG.warn(
                        "the metrics of {} failed; this is said once",
                        metrics.getClass().getName(),
                        e);
            }
        }
    }

    @Override
    public void leadershipWon(long groupId, long term) {
        guarded(() -> metrics.leadershipWon(groupId, term));
    }

    @Override
    public void leadershipLost(long groupId, long term) {
        guarded(() -> metrics.leadershipLost(groupId, term));
    }

    @Override
    public void entryApplied(long groupId, long nanos) {
        guarded(() -> metrics.entryApplied(groupId, nanos));
    }

    @Override
    public void applyFellBehind(long groupId, long bytes) {
        guarded(() -> metrics.applyFellBehind(groupId, bytes));
    }

    @Override
    public void refused(long groupId) {
        guarded(() -> metrics.refused(groupId));
    }

    @Override
    public void logSynced(long bytes, long nanos) {
        guarded(() -> metrics.logSynced(bytes, nanos));
    }

    @Override
    public void snapshotTaken(long groupId, long bytes, long nanos) {
        guarded(() -> metrics.snapshotTaken(groupId, bytes, nanos));
    }

    @Override
    public void snapshotFailed(long groupId) {
        guarded(() -> metrics.snapshotFailed(groupId));
    }

    @Override
    public void snapshotInstalled(long groupId) {
        guarded(() -> metrics.snapshotInstalled(groupId));
    }

    @Override
    public void dropped(String why) {
        guarded(() -> metrics.dropped(why));
    }
}
