package io.raftkv.callback;

/**
 * Who leads a service, as far as this client was told; it may be out of date.
 *
 * @param epoch the largest that was heard of, 0 if none
 * @param session the one that leads in it, or 0 if none does or it is not known
 */
public record Leadership(int epoch, long session) {
    static final Leadership UNKNOWN = new Leadership(0, 0);

    /** Whether nobody is known to lead, so that {@code epoch + 1} is worth a claim. */
    public boolean isVacant() {
        return session == 0;
    }

    /** What is known after hearing more. Of the same epoch, that its leader left is the later news. */
    Leadership heard(int heardEpoch, long heardSession) {
        boolean left = heardEpoch == epoch && heardSession == 0;
        return heardEpoch > epoch || left ? new Leadership(heardEpoch, heardSession) : this;
    }
}
