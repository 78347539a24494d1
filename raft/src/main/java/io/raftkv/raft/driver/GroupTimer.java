package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Gives one replica a turn when it wanted one, and knows how late it came: that tells whether the loop stood still. Not the gap
 * between two turns does, as a group with nothing to do has long ones. Threads: the group's loop.
 */
final class GroupTimer {
    private final EventLoop loop;
    private final Runnable due;
    private EventLoop.@Nullable Scheduled timer;
    private long at;

    GroupTimer(EventLoop loop, Runnable due) {
        this.loop = loop;
        this.due = due;
        this.at = loop.nowNanos();
    }

    /** @param deadline {@code Long.MAX_VALUE} for none */
    void arm(long deadline) {
        if (deadline == Long.MAX_VALUE) {
            cancel();
            return;
        }
        if (timer != null && at - deadline <= 0) {
            // It fires too early, sees that nothing is due, and is armed again: cheaper than to move it with every
            // message.
            return;
        }
        cancel();
        at = deadline;
        timer = loop.schedule(Math.max(0, deadline - loop.nowNanos()), () -> {
            timer = null;
            due.run();
        });
    }

    /** How long ago the turn should have come. */
    long lateNanos() {
        return loop.nowNanos() - at;
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
