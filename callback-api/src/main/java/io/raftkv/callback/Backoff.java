package io.raftkv.callback;

import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before trying again: doubling, bounded, and with jitter, so that clients do not come all at once. */
final class Backoff {
    private static final int FIRST_MS = 20;
    /** Short, because the coordinator elects a new leader in about a second, and clients should be back right after. */
    private static final int LONGEST_MS = 500;

    private Backoff() {}

    /** Between half and all of the step that belongs to the number of failures so far, from 0. */
    static long delayMs(int failures) {
        long step = Math.min(LONGEST_MS, (long) FIRST_MS << Math.min(failures, 10));
        return ThreadLocalRandom.current().nextLong(step / 2, step + 1);
    }
}
