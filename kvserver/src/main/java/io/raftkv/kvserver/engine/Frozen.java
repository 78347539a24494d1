package io.raftkv.kvserver.engine;

import io.raftkv.kvserver.engine.MemoryEngine.Cell;
import io.raftkv.kvserver.engine.MemoryEngine.Value;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The state of an engine at one moment; see {@link MemoryEngine}.
 *
 * <p>Threads: {@link #forEach} one background thread; the rest the loop of the shard.
 */
public final class Frozen implements AutoCloseable {
    private final ConcurrentSkipListMap<Key, Cell> order;
    private final long generation;
    private final long size;
    private final Runnable onClose;
    private final ConcurrentHashMap<Key, Value> kept = new ConcurrentHashMap<>();
    private boolean closed;

    Frozen(ConcurrentSkipListMap<Key, Cell> order, long generation, long size, Runnable onClose) {
        this.order = order;
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
            Value value = entry.getValue().value;
            if (value.generation >= generation) {
                value = kept.get(entry.getKey());
            }
            if (value != null && value.bytes != null) {
                visitor.visit(entry.getKey(), value.bytes);
                visited++;
            }
        }
        if (visited != size) {
            throw new IllegalStateException(
                    "a state frozen with " + size + " keys showed " + visited + "; a snapshot of it would lose data");
        }
    }

    /** Must come before the writer changes {@code key} in the map: the reader looks here only after it saw the change. */
    void keep(Key key, @Nullable Value old) {
        if (old != null && old.bytes != null && old.generation < generation) {
            kept.put(key, old);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            onClose.run();
        }
    }

    /** Sees keys and values; must not write to them. */
    public interface Visitor {
        void visit(Key key, byte[] value) throws IOException;
    }
}
