package io.raftkv.raft.driver;

import io.raftkv.raft.core.RaftCore;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the entries that the groups of one loop keep in memory together, for followers that are a little behind: the limit
 * of each group ({@code CoreOptions.cacheBytes}) does not bound a thousand groups. Who was used least of late gives first; a
 * group that sleeps keeps nothing, as everybody has everything.
 *
 * <p>What is not applied or not on the disk yet cannot be given, and is bounded elsewhere: by {@link Budget} on the leaders,
 * and by {@code CoreOptions.maxUnappliedBytes}.
 *
 * <p>Threads: the loop; {@code total} is shared with the other loops of the node.
 */
final class EntryCaches {
    private final long maxBytes;
    private final AtomicLong total;
    private long bytes;
    /** What each holds that holds anything, the least used first. */
    private final Map<RaftCore, Long> held = new LinkedHashMap<>(16, 0.75f, true);

    EntryCaches(long maxBytes, AtomicLong total) {
        this.maxBytes = maxBytes;
        this.total = total;
    }

    /** The group had a turn. */
    void used(RaftCore core) {
        if (core.isAsleep()) {
            core.evict(Long.MAX_VALUE);
        }
        long now = core.cachedBytes();
        Long before = now > 0 ? held.put(core, now) : held.remove(core);
        changed(now - (before == null ? 0 : before));
    }

    /** The group was closed. */
    void closed(RaftCore core) {
        Long before = held.remove(core);
        changed(before == null ? 0 : -before);
    }

    /** After a turn of all groups that had something to do. */
    void shrink() {
        for (Iterator<Map.Entry<RaftCore, Long>> each = held.entrySet().iterator();
                bytes > maxBytes && each.hasNext(); ) {
            Map.Entry<RaftCore, Long> eldest = each.next();
            RaftCore core = eldest.getKey();
            core.evict(bytes - maxBytes);
            long left = core.cachedBytes();
            changed(left - eldest.getValue());
            if (left == 0) {
                each.remove();
            } else {
                eldest.setValue(left);
            }
        }
    }

    private void changed(long difference) {
        bytes += difference;
        total.addAndGet(difference);
    }
}
