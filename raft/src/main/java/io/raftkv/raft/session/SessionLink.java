package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;

/**
 * The way of a {@link Session} to whoever leads the group, over a network or not: {@link GroupLink} is the one within a process.
 *
 * <p>Each call is one try and is answered exactly once, on any thread: with a {@link SessionReply} once the command was applied,
 * or with a failure that says whether it may yet be. A link that gets no answer says
 * {@link io.raftkv.raft.RaftException.OutcomeUnknown} after a while. It may go to another server with each call, and learns
 * from refusals which; it never repeats a call by itself.
 *
 * <p>Threads: called on the loop of the session; must not wait.
 */
public interface SessionLink {
    /** As {@link SessionCommand#register}; the limits are the business of the servers. */
    void register(String label, Completion completion);

    /** As {@link SessionCommand#command}. */
    void command(long session, long sequence, long ackedBelow, Bytes command, Completion completion);

    /** As {@link SessionCommand#close}. */
    void close(long session, Completion completion);
}
