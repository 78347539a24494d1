package io.raftkv.resp;

/** The peer's bytes are not the protocol, or exceed a limit. Nothing after them can be understood. */
final class ProtocolError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ProtocolError(String message) {
        // No stack trace: whoever sends garbage shall not be able to make that dear.
        super(message, null, false, false);
    }
}
