package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;

/**
 * What is simulated: a state machine, what clients ask of it, and how to judge what they are told.
 *
 * <p>Every choice must come from the {@link Client} that is passed, or a seed would not name a run.
 *
 * <p>Threads: one workload serves one run, on one thread.
 *
 * @param <M> the state machine
 * @param <I> what a client asks, in the words of the workload; immutable
 */
public interface Workload<M extends StateMachine, I> {
    /** An empty machine, for each start of each replica. */
    M machine();

    /** What {@code client} asks next. */
    I next(Client client);

    /**
     * What a client asks that only reads, and that stays at its server, whatever happens to that: it reads by the leases of
     * leaders. Null if there is no such thing.
     */
    default I nextRead(Client client) {
        return null;
    }

    /** {@code input} as a command for the log; null if it only reads: then {@link #query} answers it. */
    Bytes command(I input);

    /** Answers an input that only reads, on a replica that may serve reads. */
    Object query(M machine, I input);

    /**
     * What {@link StateMachine#apply} returned, as a value that {@code equals} compares by content: it must be the same on
     * all replicas, and is what the {@link #model} speaks of.
     */
    default Object result(Object applied) {
        return applied;
    }

    /**
     * A hash of all of the state, equal on all replicas that applied the same. By default that of a snapshot; a machine whose
     * snapshots of equal states differ, or that may forget something in them, is better served by one of its own.
     */
    default long hash(M machine) {
        return WatchedMachine.hashOfSnapshot(machine);
    }

    /** The hash is taken after every entry whose index can be divided by this; larger where it is dear. */
    default int hashEvery() {
        return 1;
    }

    /** Checks what must hold of any state; called whenever the hash is. Throws whatever it likes. */
    default void check(M machine) {}

    /** What changes the members of the groups by itself; null to have the simulator ask the groups for it. */
    default Embedder<M> embedder() {
        return null;
    }

    /** How a correct machine answers, for the check of linearizability; null to go without. */
    default Model<I> model() {
        return null;
    }

    /**
     * What {@code client} asks when all faults have ended. Each must come to a known end, and is asked for again if its
     * outcome was unknown.
     *
     * @param number 0, 1, 2, ..
     * @return null when it has nothing more to ask
     */
    default I last(Client client, int number) {
        return number < 4 ? next(client) : null;
    }
}
