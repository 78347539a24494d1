package io.raftkv.kvserver.engine;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values in memory, in scan order.
 *
 * <p>A key is found through a hash table and walked to through a skip list; both lead to one cell, which holds its value.
 * A read, and a write over a value that is there, touch the hash table alone: to come down a skip list of some 100,000 keys
 * costs several times as much, in cache misses.
 *
 * <p>A frozen state is read while writes go on, without a copy of the whole. Each value carries the generation in which
 * it was written, and a freeze begins a new one. Before the writer replaces or removes a value of an older generation it
 * keeps it beside the map; and instead of taking a key away it leaves a tombstone, so that the reader still comes by.
 * Whoever walks the map therefore finds, for each key that was there at the freeze, either the old value itself or a
 * newer one, which says that the old one was kept.
 *
 * <p>Values are never changed in place, so an array that {@link #get} returns may be sent to a client as it is.
 *
 * <p>Threads: the loop of the shard; {@link #size} and {@link #bytes} any; a {@link Frozen} is read by one other thread.
 */
public final class MemoryEngine {
    /** What a key and its value take beside their bytes, about: nodes of the list, two arrays' heads, two objects. */
    static final int OVERHEAD_BYTES = 192;

    /** Tombstones taken away at once when a frozen state is closed; the rest goes with the writes that follow. */
    private static final int PURGED_AT_CLOSE = 10_000;

    private static final int PURGED_PER_WRITE = 16;

    private final HashMap<Key, Cell> index = new HashMap<>();
    private final ConcurrentSkipListMap<Key, Cell> order = new ConcurrentSkipListMap<>();
    private final ArrayDeque<Key> tombstones = new ArrayDeque<>();
    private final AtomicLong size = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private long generation;
    private @Nullable Frozen frozen;

    /** The value, or null; the caller must not write to it. */
    public byte @Nullable [] get(Key key) {
        Cell cell = index.get(key);
        return cell == null ? null : cell.value.bytes;
    }

    public boolean contains(Key key) {
        return get(key) != null;
    }

    /** Takes ownership of both arrays. */
    public void put(Key key, byte[] value) {
        purge(PURGED_PER_WRITE);
        Value fresh = new Value(value, generation);
        Cell cell = index.get(key);
        Value old = null;
        if (cell == null) {
            add(key, fresh);
        } else {
            old = cell.value;
            if (frozen != null) {
                frozen.keep(key, old);
            }
            cell.value = fresh;
        }
        if (old == null || old.bytes == null) {
            account(1, OVERHEAD_BYTES + key.bytes().length + (long) value.length);
        } else {
            account(0, (long) value.length - old.bytes.length);
        }
    }

    /** Returns the value that was removed, or null if there was none. */
    public byte @Nullable [] remove(Key key) {
        purge(PURGED_PER_WRITE);
        Cell cell = index.get(key);
        Value old = cell == null ? null : cell.value;
        if (cell == null || old == null || old.bytes == null) {
            return null;
        }
        if (frozen == null) {
            drop(key);
        } else {
            frozen.keep(key, old);
            cell.value = new Value(null, generation);
            tombstones.add(key);
        }
        account(-1, -(OVERHEAD_BYTES + key.bytes().length + (long) old.bytes.length));
        return old.bytes;
    }

    private void add(Key key, Value value) {
        Cell cell = new Cell(value);
        index.put(key, cell);
        order.put(key, cell);
    }

    private void drop(Key key) {
        index.remove(key);
        order.remove(key);
    }

    /** The number of keys. */
    public long size() {
        return size.getAcquire();
    }

    /** What keys and values take in memory, about. */
    public long bytes() {
        return bytes.getAcquire();
    }

    /**
     * Visits the keys of positions {@code [from, to)} in order, and stops before a position once {@code maxKeys} were
     * looked at; all keys of one position are visited together.
     *
     * @return the position to go on with, or {@code to} if nothing is left before it
     */
    public long scan(long from, long to, int maxKeys, Visitor visitor) {
        int looked = 0;
        long last = -1;
        for (Map.Entry<Key, Cell> entry :
                order.tailMap(Key.lowestOf(from), true).entrySet()) {
            Key key = entry.getKey();
            if (key.position() >= to) {
                return to;
            }
            if (looked >= maxKeys && key.position() != last) {
                return key.position();
            }
            byte[] value = entry.getValue().value.bytes;
            if (value != null) {
                visitor.visit(key, value);
            }
            looked++; // Tombstones too: they bound the work as keys do.
            last = key.position();
        }
        return to;
    }

    /** The number of keys of a hash slot; walks them. */
    public long countHashSlot(int hashSlot) {
        long[] count = {0};
        scan(Position.firstOf(hashSlot), Position.firstOf(hashSlot + 1), Integer.MAX_VALUE, (k, v) -> count[0]++);
        return count[0];
    }

    /** Freezes the state as it is now, in constant time. At most one frozen state exists at a time. */
    public Frozen freeze() {
        if (frozen != null) {
            throw new IllegalStateException("a frozen state is open; close it before the next");
        }
        generation++;
        frozen = new Frozen(order, generation, size(), this::thaw);
        return frozen;
    }

    /** Tombstones that were not taken away yet; for tests. */
    int tombstones() {
        return tombstones.size();
    }

    private void thaw() {
        frozen = null;
        purge(PURGED_AT_CLOSE);
    }

    private void purge(int max) {
        if (frozen != null || tombstones.isEmpty()) {
            return;
        }
        for (int i = 0; i < max; i++) {
            Key key = tombstones.poll();
            if (key == null) {
                return;
            }
            Cell cell = index.get(key);
            if (cell != null && cell.value.bytes == null) {
                drop(key);
            }
        }
    }

    private void account(int keys, long change) {
        // One writer: no atomic addition is needed, only that other threads see whole numbers.
        size.setRelease(size.getPlain() + keys);
        bytes.setRelease(bytes.getPlain() + change);
    }

    /** Sees keys and values; must not write to them. */
    public interface Visitor {
        void visit(Key key, byte[] value);
    }

    /** Where the value of a key is. Threads: written by the loop, read by it and by the reader of a frozen state. */
    static final class Cell {
        volatile Value value;

        Cell(Value value) {
            this.value = value;
        }
    }

    /** A value, or a tombstone if {@code bytes} is null, and when it was written. */
    static final class Value {
        final byte @Nullable [] bytes;
        final long generation;

        Value(byte @Nullable [] bytes, long generation) {
            this.bytes = bytes;
            this.generation = generation;
        }
    }
}
