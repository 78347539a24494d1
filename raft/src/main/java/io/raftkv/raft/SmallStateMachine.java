package io.raftkv.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A state machine whose state is small enough to be copied as a whole while commands wait: configuration, counters, locks,
 * up to some megabytes. It needs to know nothing of snapshots but how to turn its state into bytes and back.
 *
 * <p>Threads: every method runs on the event loop of the group, so no state needs a lock; {@link #save} and
 * {@link #restore} block it for as long as they take.
 */
public interface SmallStateMachine extends StateMachine {
    /** All of the state: what {@link #restore} makes of it must answer every command as this state would. */
    byte[] save();

    /**
     * Replaces all of the state by the one that {@link #save} gave, here or on another replica. Called before any command
     * when a replica starts, and at any moment when it was so far behind that it got a snapshot.
     *
     * @throws RuntimeException stops the replica, as it has no state then
     */
    void restore(byte[] state);

    @Override
    default FrozenState freeze() {
        byte[] state = save();
        return new FrozenState() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(state);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    default Runnable load(InputStream in) throws IOException {
        byte[] state = in.readAllBytes();
        return () -> restore(state);
    }
}
