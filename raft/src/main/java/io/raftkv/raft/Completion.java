package io.raftkv.raft;

import org.jspecify.annotations.Nullable;

/**
 * Told the outcome of one proposal or read: exactly one call, on the event loop of the group, or on the caller's thread if
 * that loop has ended.
 */
public interface Completion {
    void succeeded(@Nullable Object result);

    void failed(RaftException failure);
}
