package io.raftkv.coordinator.state;

/**
 * A command that the state does not allow; becomes its result, the same on all replicas. Thrown before anything is
 * changed.
 */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The message begins with the error's code. */
    public Refusal(String message) {
        // No stack trace: this is an answer, not a defect.
        super(message, null, false, false);
    }

    static Refusal error(String why) {
        return new Refusal("ERR " + why);
    }

    static Refusal refused(String why) {
        return new Refusal("REFUSED " + why);
    }

    static Refusal busy(String why) {
        return new Refusal("BUSY " + why);
    }

    static Refusal fenced(String why) {
        return new Refusal("FENCED " + why);
    }

    static Refusal notReady(String why) {
        return new Refusal("NOTREADY " + why);
    }

    static Refusal noSuchGroup(int gid) {
        return new Refusal("NOSUCHGROUP no such group " + gid);
    }

    static Refusal sessionExpired(long session) {
        return new Refusal("SESSIONEXPIRED session " + session + " has ended; open a new one");
    }

    /** The error as it is answered; the first word is its code. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
