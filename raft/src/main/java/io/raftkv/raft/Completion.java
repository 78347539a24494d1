package io.raftkv.raft;

import org.jspecify.annotations.Nullable;

/**
 * Told the outcome of one proposal or read: exactly one call, on the event loop of the group, or on the caller's thread if
 * that loop has ended.
 */
public interface Completion {
    /** It succeeded: the command was applied here with this result; null for a read. */
    void succeeded(@Nullable Object result);

    /** It failed; the kind of failure says whether a command may still be applied. */
    void failed(RaftException failure);
}
