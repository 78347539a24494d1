package io.raftkv.raft.sim;

/**
 * One operation of a client, as the client saw it.
 *
 * @param called when it was sent first
 * @param returned when the answer came, {@link #NEVER} if none did: then it may take effect at any time, or never
 * @param before its result, the state of the key before it; nothing is known about it if no answer came
 */
record Operation(int client, KvCommand command, long called, long returned, String before) {
    static final long NEVER = Long.MAX_VALUE;

    boolean isKnown() {
        return returned != NEVER;
    }

    @Override
    public String toString() {
        String interval = "[" + called + ", " + (isKnown() ? returned : "?") + "]";
        String result = isKnown() ? " -> " + before : "";
        return interval + " client " + client + " " + command.kind() + " " + command.key()
                + (command.value() == null ? "" : " " + command.value())
                + (command.kind() == KvCommand.Kind.CAS ? " if " + command.expected() : "") + result;
    }
}
