package io.raftkv.resp;

/** Carries out one command; the rules are those of {@link RespHandler#command}. */
@FunctionalInterface
public interface CommandHandler {
    /** Carries it out; the number of arguments was checked against the command's arity. */
    void command(RespConnection connection, byte[][] args, Reply reply);
}
