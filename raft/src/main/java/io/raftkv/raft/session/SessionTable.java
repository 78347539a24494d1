package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a group, in the order in which they were used last. Log time never goes back, so they are in the order of
 * their times too; whoever is idle is at the beginning.
 *
 * <p>A frozen table goes on: a record that was there when it was frozen is copied before it is changed for the first time.
 * The map is looked up and never walked, so its order shows nowhere. Threads: the loop of the group.
 */
final class SessionTable {
    private final Map<Long, SessionRecord> byId = new HashMap<>();
    /** The link between the newest and the oldest. */
    private final SessionRecord ends = new SessionRecord(0, Bytes.EMPTY, 0, 0);

    private SessionLimits limits;
    private long lastId;
    private long totalBytes;
    private int generation;
    private boolean isFrozen;

    SessionTable(SessionLimits limits, long lastId) {
        this.limits = limits;
        this.lastId = lastId;
    }

    int size() {
        return byId.size();
    }

    long lastId() {
        return lastId;
    }

    SessionLimits limits() {
        return limits;
    }

    /** What all unacknowledged results take. */
    long totalBytes() {
        return totalBytes;
    }

    /** The log time at which the session was used that was idle for longest, or the highest number there is. */
    long oldestTimeMs() {
        return ends.next.id == 0 ? Long.MAX_VALUE : ends.next.lastTimeMs;
    }

    /** The log time at which any of them was used last, 0 if there are none. */
    long newestTimeMs() {
        return ends.previous.lastTimeMs;
    }

    /**
     * Begins a session if there is room. Its id is the log index of the entry, or the next number if that entry registered
     * others before: it grows for ever, so that a late copy of a command never meets the session of somebody else.
     *
     * @return the id, or 0 if there are too many sessions
     */
    long register(long index, long timeMs, Bytes label, SessionLimits newLimits) {
        limits = newLimits;
        if (byId.size() >= limits.maxSessions()) {
            return 0;
        }
        lastId = Math.max(lastId + 1, index);
        add(new SessionRecord(lastId, label, timeMs, generation));
        return lastId;
    }

    /** Adds a session that was used last of all. */
    void add(SessionRecord record) {
        byId.put(record.id, record);
        record.linkBefore(ends);
        totalBytes += record.resultBytes();
    }

    /** The session, marked as used now and free to be changed; null if there is none. */
    @Nullable
    SessionRecord use(long id, long timeMs) {
        SessionRecord record = byId.get(id);
        if (record == null) {
            return null;
        }
        record.unlink();
        if (isFrozen && record.generation != generation) {
            record = record.copy(generation);
            byId.put(id, record);
        }
        record.linkBefore(ends);
        record.lastTimeMs = timeMs;
        return record;
    }

    void acknowledge(SessionRecord record, long below) {
        long before = record.resultBytes();
        record.acknowledge(below);
        totalBytes += record.resultBytes() - before;
    }

    void store(SessionRecord record, long sequence, Bytes result) {
        long before = record.resultBytes();
        record.store(sequence, result);
        totalBytes += record.resultBytes() - before;
    }

    void remove(long id) {
        SessionRecord record = byId.remove(id);
        if (record != null) {
            record.unlink();
            totalBytes -= record.resultBytes();
        }
    }

    /** Ends up to {@code most} sessions that were idle for longer than {@code ttlMs}; returns how many. */
    int expire(long ttlMs, long timeMs, int most) {
        int expired = 0;
        while (expired < most && ends.next.id != 0 && timeMs - ends.next.lastTimeMs > ttlMs) {
            remove(ends.next.id);
            expired++;
        }
        return expired;
    }

    /** The sessions as they are now, oldest first; they stay so until {@link #thaw}. */
    SessionRecord[] freeze() {
        generation++;
        isFrozen = true;
        SessionRecord[] all = new SessionRecord[byId.size()];
        SessionRecord record = ends.next;
        for (int i = 0; i < all.length; i++) {
            all[i] = record;
            record = record.next;
        }
        return all;
    }

    void thaw() {
        isFrozen = false;
    }
}
