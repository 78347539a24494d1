package io.raftkv.resp;

import java.util.List;
import java.util.Map;

/** Commands about the connection itself. */
public final class ConnectionCommands {
    /**
     * Creates them.
     *
     * @param helloExtra fields that the answer to HELLO has besides, or instead of, the usual ones, such as mode=cluster
     */
    public ConnectionCommands(Map<String, String> helloExtra) {
        Skeleton.missing();
    }

    /** Carries out a command of this class; returns false, without an answer, if it is not one. */
    public boolean handle(RespConnection connection, byte[][] args, Reply reply) {
        return Skeleton.missing();
    }

    /** The rows for the table. */
    public List<CommandSpec> specs() {
        return Skeleton.missing();
    }
}
