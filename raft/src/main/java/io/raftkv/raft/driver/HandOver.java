package io.raftkv.raft.driver;

import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A node that is to lead nothing any more, and which of its groups have not come so far. Threads: any. */
final class HandOver {
    private final Set<GroupRunner> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger stillLed = new AtomicInteger();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();

    HandOver(Collection<GroupRunner> groups) {
        open.addAll(groups);
        endIfNothingIsOpen();
    }

    /**
     * Another replica leads {@code group}, or nobody is there who could; no more than one call counts.
     *
     * @param leads whether this one does
     */
    void settled(GroupRunner group, boolean leads) {
        if (open.remove(group)) {
            stillLed.addAndGet(leads ? 1 : 0);
            endIfNothingIsOpen();
        }
    }

    private void endIfNothingIsOpen() {
        if (open.isEmpty()) {
            ended.complete(stillLed.get());
        }
    }

    void timeOut() {
        ended.complete(stillLed.get() + open.size());
    }

    /** Completed with the number of groups that were not handed over. */
    CompletionStage<Integer> ended() {
        return ended;
    }
}
