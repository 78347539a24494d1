package io.raftkv.raft.sim;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Entry;
import java.util.HashMap;
import java.util.Map;

/**
 * Log time never goes back, and while one leader stands it does not run faster than the true time, whatever the clocks on the
 * walls do.
 */
final class LogTimeChecks {
    /** The monotonic clocks of the simulation run at most this much too fast. */
    private static final double FASTEST_CLOCK = 1.051;

    private static final long ALLOWANCE_MS = CoreOptions.DEFAULT.electionMaxMs() + 1;

    /** A leader began at this moment, with this log time. */
    private record Office(long term, long nanos, long timeMs) {}

    private final SimWorld world;
    private final Map<ReplicaId, Office> offices = new HashMap<>();

    LogTimeChecks(SimWorld world) {
        this.world = world;
    }

    /** The leader of the term of {@code entry} appends it. */
    void stamped(ReplicaId leader, Entry entry) {
        Office office = offices.get(leader);
        // Not every NO_OP is the first of its term: the fence of a recovering replica is one too.
        boolean begins = entry.type() == Entry.Type.NO_OP && (office == null || office.term() != entry.term());
        if (begins || (office != null && office.timeMs() == 0)) {
            offices.put(leader, new Office(entry.term(), world.nowNanos(), entry.timeMs()));
        } else if (office != null) {
            double stoodMs = (world.nowNanos() - office.nanos()) / 1e6;
            if (entry.timeMs() < office.timeMs()
                    || entry.timeMs() > office.timeMs() + stoodMs * FASTEST_CLOCK + ALLOWANCE_MS) {
                throw world.failure("log time: " + leader + ", in office since " + stoodMs + " ms with time "
                        + office.timeMs() + ", stamps " + entry + " with " + entry.timeMs());
            }
        }
    }
}
