package io.raftkv.callback;

import io.raftkv.resp.RespValue;

/**
 * The coordinator refused a request, or could not be asked in time.
 *
 * <p>Threads: immutable.
 */
public final class CoordinatorException extends RuntimeException {
    /** The deadline passed. See {@link #mayHaveHappened()}. */
    public static final String TIMEOUT = "TIMEOUT";
    /** The client was closed before the answer came. See {@link #mayHaveHappened()}. */
    public static final String CLOSED = "CLOSED";
    /** The waiting thread was interrupted. See {@link #mayHaveHappened()}. */
    public static final String INTERRUPTED = "INTERRUPTED";
    /** No majority of the coordinator's nodes has elected a leader. */
    public static final String NO_LEADER = "NOLEADER";
    /** Too many requests are open. */
    public static final String BUSY = "BUSY";
    /** The coordinator declared the session dead. */
    public static final String SESSION_EXPIRED = "SESSIONEXPIRED";
    /** The fence or the epoch is too old. */
    public static final String FENCED = "FENCED";
    /** Servers of the group are not known yet. */
    public static final String NOT_READY = "NOTREADY";
    /** The address belongs to another server id. */
    public static final String ADDRESS_BOUND = "ADDRESSBOUND";
    /** The change is not allowed at this time. */
    public static final String REFUSED = "REFUSED";
    /** There is no such group. */
    public static final String NO_SUCH_GROUP = "NOSUCHGROUP";

    private static final long serialVersionUID = 1L;

    private final String code;
    private final String text;
    private final boolean mayHaveHappened;

    /**
     * @param code the first word of the coordinator's error, or one of the constants here
     * @param text what happened and what to do
     * @param mayHaveHappened whether the request may have been carried out, or may yet be
     */
    public CoordinatorException(String code, String text, boolean mayHaveHappened) {
        super(code + " " + text);
        this.code = code;
        this.text = text;
        this.mayHaveHappened = mayHaveHappened;
    }

    /** From an error answer, which is definite. */
    static CoordinatorException of(RespValue.Error error) {
        String text = error.message().substring(error.code().length()).strip();
        if (text.startsWith("unknown command")) {
            // Nearly always a KV server's address in place of a coordinator's.
            text += "; is this the address of a coordinator of this release?";
        }
        return new CoordinatorException(error.code(), text, false);
    }

    /** The same, with the stack of the thread that waited for it. */
    CoordinatorException here() {
        return new CoordinatorException(code, text, mayHaveHappened);
    }

    /** What kind of refusal it is: one of the constants here, or {@code ERR}. */
    public String code() {
        return code;
    }

    /** Whether the code is this one. */
    public boolean is(String wanted) {
        return code.equals(wanted);
    }

    /** Whether the request may have been carried out, or may yet be; false for all requests that only read. */
    public boolean mayHaveHappened() {
        return mayHaveHappened;
    }
}
