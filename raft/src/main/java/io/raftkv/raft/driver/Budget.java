package io.raftkv.raft.driver;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that the commands of all groups of a node may hold together, from when they are taken until they are
 * answered: the limits of each group do not bound a thousand groups. Threads: any.
 */
final class Budget {
    private final long maxBytes;
    private final AtomicLong held = new AtomicLong();

    Budget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes {@code bytes} out of the budget if there are so many; whoever does gives them back once. */
    boolean take(long bytes) {
        if (held.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    long heldBytes() {
        return held.get();
    }
}
