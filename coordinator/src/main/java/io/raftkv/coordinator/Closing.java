package io.raftkv.coordinator;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What must be closed, last opened first, each whatever became of the others. Threads: any. */
final class Closing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private final Deque<Item> items = new ArrayDeque<>();

    private record Item(String what, AutoCloseable closeable) {}

    synchronized <T extends AutoCloseable> T add(String what, T closeable) {
        items.push(new Item(what, closeable));
        return closeable;
    }

    @Override
    public synchronized void close() {
        while (!items.isEmpty()) {
            Item item = items.pop();
            try {
                item.closeable().close();
            } catch (Exception e) { // What AutoCloseable declares; the others must be closed all the same.
                LOG.warn("{} did not close in order", item.what(), e);
            }
        }
    }
}
