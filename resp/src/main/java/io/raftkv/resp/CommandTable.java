package io.raftkv.resp;

/** A server's commands. */
public final class CommandTable implements RespHandler {
    /** Adds a command; one of the same name is replaced. Threads: before the server starts. */
    public CommandTable register(CommandSpec spec, CommandHandler handler) {
        return this;
    }

    /** Adds {@code HELLO}, {@code PING} and the others. */
    public CommandTable register(ConnectionCommands commands) {
        return this;
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        Skeleton.missing();
    }
}
