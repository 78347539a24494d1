package io.raftkv.raft.sim;

/**
 * One operation of a client, as the client saw it.
 *
 * @param called when it was sent first
 * @param returned when the answer came, {@link #NEVER} if none did: then it may take effect at any time, or never
 * @param result nothing is known about it if no answer came
 */
public record Operation<I>(int client, I input, long called, long returned, Object result) {
    static final long NEVER = Long.MAX_VALUE;

    public boolean isKnown() {
        return returned != NEVER;
    }

    @Override
    public String toString() {
        return "[" + called + ", " + (isKnown() ? returned : "?") + "] client " + client + " " + input
                + (isKnown() ? " -> " + result : "");
    }
}
