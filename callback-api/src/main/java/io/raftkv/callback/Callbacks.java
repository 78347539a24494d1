package io.raftkv.callback;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the user's code, on one thread of its own, one call after the other in the order of posting.
 *
 * <p>Threads: posted to from the client's loop; closed by any.
 */
final class Callbacks {
    private static final Logger log = LoggerFactory.getLogger(Callbacks.class);
    private static final AtomicInteger threads = new AtomicInteger();

    /** User code that falls so far behind has to be told so, or it would live in the past and fill the memory. */
    static final int MAX_WAITING = 4_096;

    private final RaftCallBack callBack;
    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final ThreadPoolExecutor executor;
    private volatile @Nullable Thread thread;

    Callbacks(RaftCallBack callBack) {
        this.callBack = callBack;
        this.executor = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, queue, this::newThread);
    }

    private Thread newThread(Runnable work) {
        Thread made = new Thread(work, "raftkv-callback-events-" + threads.incrementAndGet());
        made.setDaemon(true);
        thread = made;
        return made;
    }

    /** Whether too many calls wait for more to be posted. */
    boolean isFull() {
        return queue.size() >= MAX_WAITING;
    }

    /** Makes a call after all that were posted before; not after {@link #close}. */
    void post(Consumer<RaftCallBack> call) {
        if (!executor.isShutdown()) {
            executor.execute(() -> run(call));
        }
    }

    private void run(Consumer<RaftCallBack> call) {
        try {
            call.accept(callBack);
        } catch (RuntimeException e) {
            // The fault is the user's; the events that follow are due nevertheless.
            log.error(
                    "{} threw an exception from a callback", callBack.getClass().getName(), e);
        }
    }

    /** Drops what waits, and lets the call that runs end; waits for it a moment, unless called by it. */
    void close() {
        executor.shutdown();
        queue.clear();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
                log.warn("a callback of {} still runs", callBack.getClass().getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
