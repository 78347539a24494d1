package io.raftkv.raft.sim;

import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.StateMachine;
import java.util.random.RandomGenerator;

/**
 * A program around the state machine that changes the members of its groups by itself. In a run with one nobody else asks for
 * changes; the simulator does what operators do: it asks the program.
 *
 * <p>A replica that left stays where it is, and never comes back. Groups begin on the servers 1..founders, those with higher
 * ids have empty replicas.
 *
 * <p>Threads: one embedder serves one run, on one thread.
 *
 * @param <M> the state machine
 */
public interface Embedder<M extends StateMachine> {
    /**
     * Called once, before there is any machine.
     *
     * @param random the only source of chance
     */
    void begins(int servers, int founders, RandomGenerator random);

    /** A server opened its replica, as at each of its starts. Called on the loop of the group. */
    Attendant opened(RaftGroup group, M machine);

    /** What stands beside a replica until its process ends. Threads: the loop of the group. */
    interface Attendant {
        /** Somebody wants some other members, and asks this server. */
        void changeSome();

        /** Somebody wants to take back what is under way. */
        void takeBack();

        /**
         * In peace, on a leader, again and again: brings what is wanted to its end.
         *
         * @return whether the members are exactly those that are wanted, and that is committed
         */
        boolean settle();
    }
}
