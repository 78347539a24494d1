package io.raftkv.raft.sim;

import java.util.List;

/**
 * How a correct state machine answers if requests come one after the other. States and results are immutable and compared
 * by {@code equals}.
 *
 * @param <I> what is asked, see {@link Workload}
 */
public interface Model<I> {
    /** A state and what came with it. */
    record Step(Object state, Object result) {}

    /** @param state that before the request; null if there was none before */
    Step step(Object state, I input);

    /** Requests with different keys never touch each other's state; the more keys, the cheaper the check. */
    default String key(I input) {
        return "";
    }

    /**
     * May leave out operations of unknown outcome whose effect no result can show: each one that stays makes the check
     * dearer.
     */
    default List<Operation<I>> relevant(List<Operation<I>> ofOneKey) {
        return ofOneKey;
    }
}
