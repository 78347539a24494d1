package io.raftkv.kvserver.shard;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Keeps the order of one connection's commands where it can be seen. Reads and writes take different ways through Raft, so
 * of a pipelined {@code SET k 1}, {@code GET k} the read could be served first; Redis's clients rely on it that it is not.
 * A request on a key therefore waits while an earlier one of the other kind on the same key is under way. Writes among
 * themselves are ordered by the log, and reads may meet; so nearly all requests start at once.
 *
 * <p>A request without keys that looks at whole shards waits for everything before it, and everything after waits for it.
 *
 * <p>Threads: the loop of the connection.
 */
public final class ClientOrder {
    private static final Item[] NONE = {};
    private static final long[] NO_KEYS = {};

    private final PendingKeys pending = new PendingKeys();
    private final ArrayDeque<Item> held = new ArrayDeque<>();
    private int running;
    /** Barriers that run or wait. */
    private int barriers;

    private boolean barrierRuns;
    private boolean draining;

    /** Something with a place in the order. {@link #start} is called once, and {@link #finished} is due for it then. */
    public abstract static class Item {
        /** Positions of the keys; empty for a barrier. */
        abstract long[] positions();

        abstract boolean isWrite();

        /** Begins the work. Threads: the loop of the connection. */
        abstract void start();

        private boolean isBarrier() {
            return positions().length == 0;
        }
    }

    /** Starts {@code item} now or when its turn comes. */
    public void submit(Item item) {
        if (item.isBarrier() ? running == 0 && held.isEmpty() : barriers == 0 && isFree(item, true)) {
            barriers += item.isBarrier() ? 1 : 0;
            launch(item);
        } else {
            barriers += item.isBarrier() ? 1 : 0;
            mark(item, PendingKeys.WAIT);
            held.add(item);
        }
    }

    /**
     * Runs {@code work} when everything before it is finished, and lets what comes after wait until it calls what it is
     * given, once, on the loop of the connection.
     */
    public void barrier(Consumer<Runnable> work) {
        submit(new Item() {
            @Override
            long[] positions() {
                return NO_KEYS;
            }

            @Override
            boolean isWrite() {
                return false;
            }

            @Override
            void start() {
                work.accept(() -> finished(this));
            }
        });
    }

    /** To be called once for each item that was started. */
    void finished(Item item) {
        running--;
        mark(item, item.isWrite() ? -PendingKeys.WRITE : -PendingKeys.READ);
        if (item.isBarrier()) {
            barriers--;
            barrierRuns = false;
        }
        drain();
    }

    /** The client is gone: what has not been started is not. */
    public void close() {
        for (Item item : held.toArray(NONE)) {
            mark(item, -PendingKeys.WAIT);
        }
        held.clear();
    }

    private void drain() {
        if (draining) {
            return; // An item that finishes while it is started must not start the next one inside of itself.
        }
        draining = true;
        try {
            for (Item head = held.peek(); head != null && mayStartHeld(head); head = held.peek()) {
                held.remove();
                mark(head, -PendingKeys.WAIT);
                launch(head);
            }
        } finally {
            draining = false;
        }
    }

    /** What waits for the same keys behind the head does not count. */
    private boolean mayStartHeld(Item head) {
        return head.isBarrier() ? running == 0 : !barrierRuns && isFree(head, false);
    }

    private boolean isFree(Item item, boolean countWaiting) {
        boolean write = item.isWrite();
        for (long position : item.positions()) {
            long count = pending.get(position);
            if (count != 0
                    && (countWaiting && PendingKeys.hasWaiting(count)
                            || (write ? PendingKeys.hasReads(count) : PendingKeys.hasWrites(count)))) {
                return false;
            }
        }
        return true;
    }

    private void launch(Item item) {
        running++;
        mark(item, item.isWrite() ? PendingKeys.WRITE : PendingKeys.READ);
        barrierRuns |= item.isBarrier();
        item.start();
    }

    private void mark(Item item, long change) {
        for (long position : item.positions()) {
            pending.add(position, change);
        }
    }
}
