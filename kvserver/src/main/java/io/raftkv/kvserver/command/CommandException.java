package io.raftkv.kvserver.command;

import io.raftkv.resp.RespValue;

/** A command that is answered with an error before it changes or reads anything; the message begins with its code. */
public final class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // Never serialised: it does not leave the server as an object.
    private final RespValue reply;

    public CommandException(String message) {
        // An answer, not a defect: no stack trace.
        super(message, null, false, false);
        this.reply = RespValue.error(message);
    }

    /** The answer to the client. */
    public RespValue reply() {
        return reply;
    }
}
