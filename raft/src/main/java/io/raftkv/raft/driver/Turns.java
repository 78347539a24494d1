package io.raftkv.raft.driver;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets at most so many of those who ask at once have something, in the order in which they first asked. Whoever is refused
 * asks again from time to time; one that does not loses its place, and one that has the turn and makes no use of it for a
 * while loses that to those who wait. So nobody who is gone holds up the others.
 *
 * <p>Threads: any. The monitor is held for some operations on maps that are as large as those who ask are many, and never
 * while anything is waited for.
 */
final class Turns {
    /** Longer than anybody takes to ask again. */
    private static final long PLACE_NANOS = 5_000_000_000L;

    private final int limit;
    private final long idleNanos;
    private final Map<Object, Long> holders = new LinkedHashMap<>();
    private final Map<Object, Long> waiting = new LinkedHashMap<>();

    /** @param idleNanos how long a holder may make no {@link #use} of its turn before it loses it to others */
    Turns(int limit, long idleNanos) {
        this.limit = limit;
        this.idleNanos = idleNanos;
    }

    /** Whether {@code who} has a turn from now on, or still. */
    synchronized boolean enter(Object who, long nowNanos) {
        if (holders.containsKey(who)) {
            return true;
        }
        waiting.put(who, nowNanos);
        waiting.values().removeIf(asked -> nowNanos - asked > PLACE_NANOS);
        if (holders.size() >= limit) {
            holders.values().removeIf(used -> nowNanos - used > idleNanos);
        }
        Iterator<Object> first = waiting.keySet().iterator();
        for (int free = limit - holders.size(); free > 0 && first.hasNext(); free--) {
            if (first.next().equals(who)) {
                first.remove();
                holders.put(who, nowNanos);
                return true;
            }
        }
        return false;
    }

    /** The turn of {@code who}, if it has one, serves its purpose. */
    synchronized void use(Object who, long nowNanos) {
        holders.replace(who, nowNanos);
    }

    /** Ends the turn of {@code who}, or its waiting for one. */
    synchronized void leave(Object who) {
        holders.remove(who);
        waiting.remove(who);
    }
}
