package io.raftkv.kvserver.engine;

import io.raftkv.kvserver.engine.MemoryEngine.Cell;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/**
 * The state of an engine at one moment; see {@link MemoryEngine}.
 *
 * <p>Threads: {@link #forEach} one background thread; the rest the loop of the shard.
 */
public final class Frozen implements AutoCloseable {
    private final ConcurrentSkipListMap<Key, Cell> order;
    private final Slabs values;
    private final long generation;
    private final long size;
    private final Consumer<Frozen> onClose;
    private final ConcurrentHashMap<Key, Long> kept = new ConcurrentHashMap<>();
    private boolean closed;

    Frozen(ConcurrentSkipListMap<Key, Cell> order, Slabs values, long generation, long size, Consumer<Frozen> onClose) {
        this.order = order;
        this.values = values;
        this.generation = generation;
        this.size = size;
        this.onClose = onClose;
    }

    /** The number of keys at the freeze. */
    public long size() {
        return size;
    }

    /** Visits all keys and values as they were at the freeze, in scan order. */
    public void forEach(Visitor visitor) throws IOException {
        long visited = 0;
        for (Map.Entry<Key, Cell> entry : order.entrySet()) {
            Cell cell = entry.getValue();
            // In this order: a cell that still shows the older generation showed the older place before.
            long place = cell.place;
            if (cell.generation >= generation) {
                place = kept.getOrDefault(entry.getKey(), Slabs.NONE);
            }
            if (place != Slabs.NONE) {
                visitor.visit(entry.getKey(), values.array(place), Slabs.offset(place), values.length(place));
                visited++;
            }
        }
        if (visited != size) {
            throw new IllegalStateException(
                    "a state frozen with " + size + " keys showed " + visited + "; a snapshot of it would lose data");
        }
    }

    /** Whether a value of this generation belongs to the state. */
    boolean holds(long valueGeneration) {
        return valueGeneration < generation;
    }

    /** Must come before the writer changes the cell of {@code key}: the reader looks here only after it saw the change. */
    void keep(Key key, long place) {
        kept.put(key, place);
    }

    /** The places of the values that live only as long as this state does. */
    Iterable<Long> kept() {
        return kept.values();
    }

    /** No {@link #forEach} may be under way. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            onClose.accept(this);
        }
    }

    /** Sees keys and values; must not write to them, nor keep the array. */
    public interface Visitor {
        /** The value is in {@code array} at {@code [offset, offset + length)}. */
        void visit(Key key, byte[] array, int offset, int length) throws IOException;
    }
}
