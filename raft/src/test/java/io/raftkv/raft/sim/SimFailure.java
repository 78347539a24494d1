package io.raftkv.raft.sim;

/** The run found something wrong. */
public final class SimFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    SimFailure(String what) {
        super(what);
    }

    SimFailure(String what, Throwable cause) {
        super(what, cause);
    }
}
