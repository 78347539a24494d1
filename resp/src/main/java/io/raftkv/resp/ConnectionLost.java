package io.raftkv.resp;

import java.io.IOException;

/** The connection broke, or was closed, before the answer came. */
public final class ConnectionLost extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean sent;

    ConnectionLost(String message, boolean sent) {
        super(message);
        this.sent = sent;
    }

    /** Whether the command may have reached the server; if not, it surely was not carried out. */
    public boolean sent() {
        return sent;
    }

    // One is made per command in flight, on the loop; where it was made says nothing.
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
