package io.raftkv.raft.core;

import io.raftkv.raft.ReplicaId;

/**
 * A replica whose disk lost what it had promised, until it can keep its word again. Which acknowledged entries and which
 * votes are gone it cannot know, so it neither votes nor campaigns, and marks all its answers as {@link
 * Message.RecoveringResponse}, by which no leader counts it.
 *
 * <p>This ends when it holds durably an entry that its leader appended after it had said so, and that a majority of the
 * <em>others</em> holds (see {@link Fence}). From then on no log without that entry can win a later term, so that neither
 * a forgotten vote nor a forgotten acknowledgement can do harm; in the leader's own term it takes the leader for the one
 * it voted for. docs/recovery.md has the proof.
 *
 * <p>Threads: the group's loop.
 */
final class Recovering {
    private final RaftCore core;
    /** Tells the answers since it is known that something was lost from all earlier ones; 0 if nothing was lost. */
    private long nonce;

    private boolean on;
    private boolean endIsTold;

    Recovering(RaftCore core, boolean on) {
        this.core = core;
        this.on = on;
        this.nonce = on ? core.random.nextLong() | 1 : 0;
        this.endIsTold = !on;
    }

    /** The disk turns out to be an older copy while the replica runs: nothing of what it did since the start is taken back. */
    void begin() {
        on = true;
        nonce = core.random.nextLong() | 1;
        endIsTold = false;
        core.elections.mayBeBound();
        core.becomeRole(core.followerRole(), null, "its disk lacks what it had promised");
    }

    boolean isOn() {
        return on;
    }

    /** The form in which {@code message} may leave. */
    Message marked(Message message) {
        return on && message instanceof Message.AppendResponse answer
                ? new Message.RecoveringResponse(nonce, answer)
                : message;
    }

    /** The leader says that the entry at the index of the message is behind all that was lost. */
    void onRecovered(ReplicaId from, Message.Recovered message) {
        boolean current = on && message.nonce() == nonce && message.term() == core.term() && from.equals(core.leader);
        boolean held = core.persistedIndex() >= message.index()
                && (message.index() <= core.commitIndex || core.log.termAt(message.index()) == message.term());
        if (!current || !held) {
            return;
        }
        on = false;
        if (core.votedFor() == null) {
            core.vote(core.term(), from);
        }
        core.becomeRole(core.followerRole(), from, "it holds what a majority of the others holds");
        core.elections.restartTimer();
    }

    /** Says that nothing is lost any more, once a restart would find the vote that is part of it. */
    void tellEnd() {
        if (!on && !endIsTold && core.durability.isTermDurable()) {
            endIsTold = true;
            core.emit(new Effect.RecoveryEnded());
        }
    }
}
