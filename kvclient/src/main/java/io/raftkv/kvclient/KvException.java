package io.raftkv.kvclient;

/** A call failed. {@link #mayHaveHappened} says whether its effect may be there, or may still come. */
public final class KvException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The deadline passed. */
    public static final String TIMEOUT = "TIMEOUT";
    /** The connection broke after the command was sent, and the command may not be repeated. */
    public static final String CONNECTION_LOST = "CONNECTIONLOST";
    /** The answer to a write got lost, and until it was sent again the server had forgotten its session. */
    public static final String SESSION_EXPIRED = "SESSIONEXPIRED";
    /** Too many calls are in flight in this client. */
    public static final String BUSY = "BUSY";
    /** The client is closed. */
    public static final String CLOSED = "CLOSED";
    /** The calling thread was interrupted. */
    public static final String INTERRUPTED = "INTERRUPTED";

    private final String code;
    private final boolean mayHaveHappened;

    KvException(String code, String message, boolean mayHaveHappened) {
        super(mayHaveHappened ? message + "; the command may have been carried out" : message);
        this.code = code;
        this.mayHaveHappened = mayHaveHappened;
    }

    KvException(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.mayHaveHappened = false;
    }

    /** The same failure, thrown again where the caller is, so that the stack trace shows both places. */
    KvException(KvException original) {
        super(original.getMessage(), original);
        this.code = original.code;
        this.mayHaveHappened = original.mayHaveHappened;
    }

    /** One of the constants of this class, or the first word of the server's refusal, such as {@code WRONGTYPE}. */
    public String code() {
        return code;
    }

    /**
     * Whether a write may have been carried out, or may be so later. False: it surely was not, and never will be; the
     * caller may repeat it. Always false for reads.
     */
    public boolean mayHaveHappened() {
        return mayHaveHappened;
    }
}
