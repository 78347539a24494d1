package io.raftkv.coordinator.wire;

/** Bytes that are not what a {@link WireReader} was told to expect: damage, or a newer release's format. */
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WireException(String message) {
        super(message);
    }
}
