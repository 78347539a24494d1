package io.raftkv.raft.sim;

/** Thrown out of a disk operation during which the process died: the rest of the task never happened. */
final class PowerLoss extends Error {
    private static final long serialVersionUID = 1L;

    PowerLoss() {
        super("the process is dead", null, false, false);
    }
}
