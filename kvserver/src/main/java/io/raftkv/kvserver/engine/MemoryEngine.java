package io.raftkv.kvserver.engine;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values in memory, in scan order.
 *
 * <p>A key is found through a hash table and walked to through a skip list; both lead to one cell, which holds its value.
 * A read, and a write over a value that is there, touch the hash table alone: to come down a skip list of some 100,000 keys
 * costs several times as much, in cache misses.
 *
 * <p>A frozen state is read while writes go on, without a copy of the whole. Each cell carries the generation in which
 * its value was written, and a freeze begins a new one. Before the writer replaces or removes a value of an older generation
 * it keeps it beside the map; and instead of taking a key away it leaves a tombstone, so that the reader still comes by.
 * Whoever walks the map therefore finds, for each key that was there at the freeze, either the old value itself or the sign
 * that it was kept. A value of an older generation is never changed, nor its memory used again, while a state is frozen.
 *
 * <p>Threads: the loop of the shard; {@link #size} and {@link #bytes} any; a {@link Frozen} is read by one other thread.
 */
public final class MemoryEngine {
    /** What a key and its value take beside their bytes, about: nodes, the key, its array's head, a cell, a slot's head. */
    static final int OVERHEAD_BYTES = 160;

    /** Tombstones and kept values taken away at once when a frozen state is closed; the rest goes with the writes that follow. */
    private static final int PURGED_AT_CLOSE = 10_000;

    private static final int PURGED_PER_WRITE = 16;

    private final HashMap<Key, Cell> index = new HashMap<>();
    private final ConcurrentSkipListMap<Key, Cell> order = new ConcurrentSkipListMap<>();
    private final Slabs values = new Slabs();
    private final ArrayDeque<Key> tombstones = new ArrayDeque<>();
    /** Values that were kept for a state that is closed. */
    private Iterator<Long> garbage = Collections.emptyIterator();

    private final AtomicLong size = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private long generation;
    private @Nullable Frozen frozen;

    /** The value, or null; the caller must not write to it. */
    public byte @Nullable [] get(Key key) {
        long place = placeOf(key);
        return place == Slabs.NONE ? null : values.get(place);
    }

    /** The length of the value, or -1 if there is none. */
    public int length(Key key) {
        long place = placeOf(key);
        return place == Slabs.NONE ? -1 : values.length(place);
    }

    public boolean contains(Key key) {
        return placeOf(key) != Slabs.NONE;
    }

    private long placeOf(Key key) {
        Cell cell = index.get(key);
        return cell == null ? Slabs.NONE : cell.place;
    }

    /** Takes ownership of both arrays. */
    public void put(Key key, byte[] value) {
        purge(PURGED_PER_WRITE);
        Cell cell = index.get(key);
        if (cell == null || cell.place == Slabs.NONE) {
            account(1, OVERHEAD_BYTES + key.bytes().length + (long) value.length);
            if (cell == null) {
                add(key, new Cell(values.add(value), generation));
            } else {
                cell.set(values.add(value), generation);
            }
        } else {
            account(0, (long) value.length - values.length(cell.place));
            cell.set(keepIfFrozen(key, cell) ? values.add(value) : values.replace(cell.place, value), generation);
        }
    }

    /** Whether there was such a key. */
    public boolean remove(Key key) {
        purge(PURGED_PER_WRITE);
        Cell cell = index.get(key);
        if (cell == null || cell.place == Slabs.NONE) {
            return false;
        }
        account(-1, -(OVERHEAD_BYTES + key.bytes().length + (long) values.length(cell.place)));
        if (!keepIfFrozen(key, cell)) {
            values.free(cell.place);
        }
        if (frozen == null) {
            drop(key);
        } else {
            cell.set(Slabs.NONE, generation);
            tombstones.add(key);
        }
        return true;
    }

    /** Whether the value in {@code cell} belongs to a frozen state, which it does from now on without it. */
    private boolean keepIfFrozen(Key key, Cell cell) {
        if (frozen == null || !frozen.holds(cell.generation)) {
            return false;
        }
        frozen.keep(key, cell.place);
        return true;
    }

    private void add(Key key, Cell cell) {
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
     * looked at; all keys of one position are visited together. The visitor must not change the engine.
     *
     * @return the position to go on with, or {@code to} if nothing is left before it
     */
    public long scan(long from, long to, int maxKeys, Consumer<Key> visitor) {
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
            if (entry.getValue().place != Slabs.NONE) {
                visitor.accept(key);
            }
            looked++; // Tombstones too: they bound the work as keys do.
            last = key.position();
        }
        return to;
    }

    /** The number of keys of a hash slot; walks them. */
    public long countHashSlot(int hashSlot) {
        long[] count = {0};
        scan(Position.firstOf(hashSlot), Position.firstOf(hashSlot + 1), Integer.MAX_VALUE, key -> count[0]++);
        return count[0];
    }

    /** Freezes the state as it is now, in constant time. At most one frozen state exists at a time. */
    public Frozen freeze() {
        if (frozen != null) {
            throw new IllegalStateException("a frozen state is open; close it before the next");
        }
        generation++;
        frozen = new Frozen(order, values, generation, size(), this::thaw);
        return frozen;
    }

    /** Tombstones that were not taken away yet; for tests. */
    int tombstones() {
        return tombstones.size();
    }

    /** What the values take, with the slots that are free; for tests. */
    long slabBytes() {
        return values.bytes();
    }

    private void thaw(Frozen closed) {
        frozen = null;
        garbage.forEachRemaining(values::free);
        garbage = closed.kept().iterator();
        purge(PURGED_AT_CLOSE);
    }

    private void purge(int max) {
        for (int i = 0; i < max && garbage.hasNext(); i++) {
            values.free(garbage.next());
            if (!garbage.hasNext()) {
                // Else it would hold on to what the state kept until the next one is closed.
                garbage = Collections.emptyIterator();
            }
        }
        if (frozen != null || tombstones.isEmpty()) {
            return;
        }
        for (int i = 0; i < max; i++) {
            Key key = tombstones.poll();
            if (key == null) {
                return;
            }
            Cell cell = index.get(key);
            if (cell != null && cell.place == Slabs.NONE) {
                drop(key);
            }
        }
    }

    private void account(int keys, long change) {
        // One writer: no atomic addition is needed, only that other threads see whole numbers.
        size.setRelease(size.getPlain() + keys);
        bytes.setRelease(bytes.getPlain() + change);
    }

    /** Where the value of a key is. Threads: written by the loop, read by it and by the reader of a frozen state. */
    static final class Cell {
        /** {@link Slabs#NONE} of a tombstone. */
        volatile long place;
        /** When that was written. */
        volatile long generation;

        Cell(long place, long generation) {
            this.place = place;
            this.generation = generation;
        }

        /** In the order that {@link Frozen#forEach} counts on. */
        void set(long newPlace, long newGeneration) {
            if (generation != newGeneration) {
                generation = newGeneration;
            }
            if (place != newPlace) {
                place = newPlace;
            }
        }
    }
}
