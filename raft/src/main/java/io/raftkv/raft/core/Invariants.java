package io.raftkv.raft.core;

/**
 * What must hold after every step, always checked, in production too. A broken invariant is a defect, never an answer to
 * something from outside; it stops the node, as going on could lose data.
 */
final class Invariants {
    private long lastTerm;
    private long lastCommit;

    void check(RaftCore core) {
        boolean ordered = core.snapshot().index() <= core.commitIndex && core.commitIndex <= core.lastIndex();
        boolean started = core.firstIndex() - 1 <= core.snapshot().index();
        boolean forward = core.term() >= lastTerm && core.commitIndex >= lastCommit;
        boolean durable = core.persistedIndex() <= core.lastIndex();
        boolean applied = core.lastApplied() <= core.commitIndex
                && (core.lastApplied() == core.commitIndex ? core.unappliedBytes() == 0 : core.unappliedBytes() > 0);
        if (!ordered || !started || !forward || !durable || !applied) {
            throw new IllegalStateException("broken invariant in group " + core.groupId + " at " + core.self + ": "
                    + "first " + core.firstIndex() + " - 1 <= snapshot "
                    + core.snapshot().index() + " <= commit "
                    + core.commitIndex + " (was " + lastCommit + ") <= last " + core.lastIndex() + ", persisted "
                    + core.persistedIndex() + " <= last, term " + core.term() + " >= " + lastTerm
                    + ", applied " + core.lastApplied() + " <= commit, not applied are " + core.unappliedBytes()
                    + " bytes"
                    + "; stop this server and keep its data folder");
        }
        lastTerm = core.term();
        lastCommit = core.commitIndex;
    }
}
