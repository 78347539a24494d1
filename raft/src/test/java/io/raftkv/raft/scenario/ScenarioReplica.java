package io.raftkv.raft.scenario;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;

/** A bare core with a disk whose writes wait until the scenario lets them through. */
final class ScenarioReplica {
    /** Divisible by any number of members, so that the first of equal heirs is taken. */
    private static final long GROUP = 60;

    private final int id;
    private final CoreOptions options;
    private final ArrayDeque<Effect.Persist> writing = new ArrayDeque<>();
    private final TreeMap<Long, Entry> entries = new TreeMap<>();
    private HardState hardState = HardState.INITIAL;
    private LogPosition start = new LogPosition(0, 0);
    private SnapshotMeta snapshot;
    private RaftCore core;
    private int lives;
    private boolean isIncomplete;

    ScenarioReplica(int id, CoreOptions options, Configuration genesis, long nowNanos) {
        this.id = id;
        this.options = options;
        this.snapshot = SnapshotMeta.beginning(genesis);
        restart(nowNanos);
    }

    static ReplicaId id(int number) {
        return new ReplicaId(number, 1);
    }

    RaftCore core() {
        return core;
    }

    /** Forgets all that is not durable. */
    void restart(long nowNanos) {
        writing.clear();
        RaftCore.Recovered recovered =
                new RaftCore.Recovered(hardState, start, new ArrayList<>(entries.values()), snapshot, isIncomplete);
        // The number of the life is drawn first. Every time-out is the shortest one: a scenario says itself whose comes
        // first.
        Iterator<Long> draws = List.of((long) ++lives).iterator();
        core = new RaftCore(GROUP, id(id), options, () -> draws.hasNext() ? draws.next() : 0L, recovered, nowNanos);
    }

    /** Puts a log with entries of these terms on the disk and starts from it. */
    void become(long term, ReplicaId vote, long[] terms, long nowNanos) {
        hardState = new HardState(term, vote);
        entries.clear();
        for (int i = 0; i < terms.length; i++) {
            Bytes body = Entry.encodeBody(Entry.Type.NO_OP, 0, Bytes.EMPTY);
            entries.put(i + 1L, Entry.of(i + 1, terms[i], body));
        }
        restart(nowNanos);
    }

    /** The disk turns out to be damaged, and what is left of the log are {@code kept} entries. */
    void lose(int kept, long nowNanos) {
        if (start.index() > 0) {
            throw new IllegalStateException("a scenario cannot damage a log that was compacted");
        }
        hardState = HardState.INITIAL;
        entries.tailMap((long) kept, false).clear();
        isIncomplete = true;
        restart(nowNanos);
    }

    /** From now on a restart takes what is on the disk for complete. */
    void recovered() {
        isIncomplete = false;
    }

    void persist(Effect.Persist write) {
        writing.add(write);
    }

    /** Makes the oldest write durable; returns its sequence, -1 if there is none. */
    long finishWrite() {
        Effect.Persist write = writing.poll();
        if (write == null) {
            return -1;
        }
        store(write.write());
        return write.sequence();
    }

    private void store(GroupWrite write) {
        if (write.hardState() != null) {
            hardState = write.hardState();
        }
        if (write.logStart() != null) {
            LogPosition from = write.logStart();
            Entry held = entries.get(from.index());
            if (held == null || held.term() != from.term()) {
                entries.clear();
            }
            entries.headMap(from.index(), true).clear();
            start = from;
        }
        if (!write.entries().isEmpty()) {
            entries.tailMap(write.entries().get(0).index(), true).clear();
            write.entries().forEach(entry -> entries.put(entry.index(), entry));
        }
    }

    List<Entry> read(long from, long to) {
        return new ArrayList<>(entries.subMap(from, true, to, true).values());
    }

    void storeSnapshot(SnapshotMeta meta) {
        snapshot = meta;
    }

    SnapshotMeta snapshot() {
        return snapshot;
    }

    String describe() {
        StringBuilder log = new StringBuilder();
        for (long index = core.firstIndex(); index <= core.lastIndex(); index++) {
            log.append(' ').append(index).append('/').append(core.termAt(index));
        }
        String vote = core.votedFor() == null
                ? "nobody"
                : Long.toString(core.votedFor().server());
        String from = core.firstIndex() == 1 ? "" : " (after " + (core.firstIndex() - 1) + ")";
        return id + ": " + core.role() + (core.isRecovering() ? " recovering" : "") + " term " + core.term() + " vote "
                + vote + " commit " + core.commitIndex() + " durable " + core.persistedIndex() + " log" + from + log
                + (core.isAsleep() ? " asleep" : "");
    }
}
