package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must hold of the configurations of a group: a log has at most one that is not committed, and no decision by one
 * can be taken behind the back of the next one. Both are judged when a leader appends one; its followers only repeat it.
 */
final class ConfigurationChecks {
    private final SimWorld world;
    private final LogImage committed;
    private final Totals totals;
    private final SortedMap<LogPosition, Configuration> known =
            new TreeMap<>(Comparator.comparingLong(LogPosition::index).thenComparingLong(LogPosition::term));

    ConfigurationChecks(SimWorld world, Configuration genesis, LogImage committed, Totals totals) {
        this.world = world;
        this.committed = committed;
        this.totals = totals;
        known.put(new LogPosition(0, 0), genesis);
    }

    /** {@code log} ends with {@code entry}. */
    void appended(ReplicaId id, Entry entry, LogImage log) {
        LogPosition position = new LogPosition(entry.index(), entry.term());
        if (entry.type() != Entry.Type.CONFIGURATION || known.containsKey(position)) {
            return;
        }
        Configuration next = ConfigurationCodec.decode(entry.payload().asByteBuffer());
        LogPosition before = new LogPosition(0, 0);
        for (LogPosition earlier : known.keySet()) {
            boolean isCommitted = earlier.index() <= committed.lastIndex();
            LogImage truth = isCommitted ? committed : log;
            if (earlier.index() < entry.index() && truth.termAt(earlier.index()) == earlier.term()) {
                before = earlier;
            }
        }
        LogPosition previous = before;
        // The leader tells of what it commits in the step in which it appends this only after this.
        world.after(0, () -> {
            if (previous.index() > committed.lastIndex()) {
                throw world.failure(id + " appended " + next + " at " + entry + " while the configuration at "
                        + previous + " was not committed");
            }
        });
        if (canMiss(known.get(previous), next)) {
            throw world.failure(id + " appended " + next + " at " + entry + " after " + known.get(previous)
                    + ": majorities need not meet");
        }
        known.put(position, next);
        totals.configurations++;
        totals.jointConfigurations += next.isJoint() ? 1 : 0;
    }

    /** Whether two groups of replicas without a common one could decide, one by each configuration. */
    private static boolean canMiss(Configuration one, Configuration other) {
        TreeSet<ReplicaId> all = new TreeSet<>(one.members());
        all.addAll(other.members());
        List<ReplicaId> replicas = new ArrayList<>(all);
        for (int set = 0; set < 1 << replicas.size(); set++) {
            int chosen = set;
            if (one.hasQuorum(id -> (chosen >> replicas.indexOf(id) & 1) == 1)
                    && other.hasQuorum(id -> (chosen >> replicas.indexOf(id) & 1) == 0)) {
                return true;
            }
        }
        return false;
    }
}
