package io.raftkv.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a group replicates. The same commands in the same order must give the same state and the same results on every
 * replica: {@link #apply} may use nothing but its arguments and the state so far; no clock, no chance, no iteration in
 * hash order.
 *
 * <p>Threads: every method runs on the event loop of the group, except where said otherwise.
 */
public interface StateMachine {
    /**
     * Applies one committed command.
     *
     * @param index the log index of the entry that carries the command; several commands may share one
     * @param timeMs the log time: wall clock of the leader at the proposal, never less than that of any entry before. It
     *     stands still while there is no leader and does not follow clocks that jump, so it may be behind the true time: good
     *     to measure how long ago an earlier command was, not to tell the date
     * @return given to the proposer if it waits on this replica; owned by the caller from then on
     * @throws RuntimeException stops the replica: a command that is refused must be so by its result, on all replicas
     */
    @Nullable
    Object apply(long index, long timeMs, Bytes command);

    /**
     * How results of {@link #apply} get to callers on other servers, see {@link RaftGroup#forward}; null if they cannot, and
     * then nothing can be forwarded. Called once, when the group is opened.
     */
    default @Nullable ResultCodec resultCodec() {
        return null;
    }

    /**
     * Freezes the state as it is now. Must be quick: it blocks the loop. Writes go on while the frozen state is written;
     * they must not show in it. At most one frozen state exists at a time; a loaded state may take the place of this one
     * meanwhile.
     *
     * @throws RuntimeException no snapshot is taken now; one is tried again later
     */
    FrozenState freeze();

    /**
     * Reads a state that a {@link FrozenState} wrote, beside the current one.
     *
     * <p>Threads: a background thread. Must not touch the current state.
     *
     * @return run on the loop to put the read state in place of the current one; must be quick
     */
    Runnable load(InputStream in) throws IOException;

    /** A state at one moment. */
    interface FrozenState extends AutoCloseable {
        /** Writes the state. Threads: a background thread, at most once, while the state machine goes on applying. */
        void writeTo(OutputStream out) throws IOException;

        /** Lets go of the frozen state. Threads: the loop of the group; called exactly once. */
        @Override
        void close();
    }
}
