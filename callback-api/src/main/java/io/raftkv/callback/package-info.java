/**
 * The client of the coordinator: sessions with callbacks ({@link io.raftkv.callback.RaftClient}, {@link
 * io.raftkv.callback.RaftCallBack}), and plain requests with failover ({@link io.raftkv.callback.CoordinatorClient}).
 *
 * <p>Not here: the key-value client, and everything that decides. What a client believes may be out of date by the time
 * it acts; fences make the coordinator refuse what comes too late.
 *
 * <p>Threads: a client owns one event loop, on which no user code runs, and one thread for callbacks.
 */
@NullMarked
package io.raftkv.callback;

import org.jspecify.annotations.NullMarked;
