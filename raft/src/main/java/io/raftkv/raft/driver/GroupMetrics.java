package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one replica tells the {@link RaftMetrics} of its node. Threads: the group's loop. */
final class GroupMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(GroupMetrics.class);

    private final RaftMetrics metrics;
    private final long groupId;
    private final EventLoop loop;
    /** The entry that is watched on its way, 0 for none. */
    private long watched;

    private long watchedNanos;
    private boolean leads;
    private boolean isBehind;

    GroupMetrics(RaftMetrics metrics, long groupId, EventLoop loop) {
        this.metrics = metrics;
        this.groupId = groupId;
        this.loop = loop;
    }

    void role(boolean nowLeads, long term) {
        watched = 0;
        if (nowLeads && !leads) {
            metrics.leadershipWon(groupId, term);
        } else if (leads && !nowLeads) {
            metrics.leadershipLost(groupId, term);
        }
        leads = nowLeads;
    }

    /** The replica leads and appended an entry of its own. */
    void appended(long index) {
        if (watched == 0) {
            watched = index;
            watchedNanos = loop.nowNanos();
        }
    }

    void applied(long index) {
        if (watched == index) {
            watched = 0;
            metrics.entryApplied(groupId, loop.nowNanos() - watchedNanos);
        }
    }

    /** After each turn of applying; a tenth of what is too much counts as caught up. */
    void unapplied(long bytes, long tooMuch) {
        if (!isBehind && bytes > tooMuch) {
            isBehind = true;
            LOG.warn(
                    "group {}: {} bytes of committed entries wait to be applied: the state machine is slow",
                    groupId,
                    bytes);
            metrics.applyFellBehind(groupId, bytes);
        } else if (isBehind && bytes <= tooMuch / 10) {
            isBehind = false;
            LOG.info("group {}: applying has caught up", groupId);
        }
    }

    void snapshotTaken(long bytes, long nanos) {
        metrics.snapshotTaken(groupId, bytes, nanos);
    }

    void snapshotFailed() {
        metrics.snapshotFailed(groupId);
    }

    void snapshotInstalled() {
        watched = 0;
        metrics.snapshotInstalled(groupId);
    }

    void dropped(String why) {
        metrics.dropped(why);
    }

    /** @return the same, so that it can be told to whoever asked */
    RaftException refused(RaftException why) {
        if (why instanceof RaftException.Busy) {
            metrics.refused(groupId);
        }
        return why;
    }
}
