package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What must hold of the configurations of a group: a log has at most one that is not committed, and no decision by one
 * can be taken behind the back of the next one. Both are judged when a leader appends one; its followers only repeat it.
 * And a new leader goes by the newest one in its log.
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
        LogPosition previous = newest(log, entry.index() - 1);
        // The leader tells of what it commits in the step in which it appends this only after this.
        world.after(0, () -> {
            if (previous.index() > committed.lastIndex()) {
                throw world.failure(id + " appended " + next + " at " + entry + " while the configuration at "
                        + previous + " was not committed");
            }
            if (committed.termAt(committed.lastIndex()) < entry.term()) {
                throw world.failure(
                        id + " appended " + next + " at " + entry + " before anything of its term was committed");
            }
        });
        requireNoneComesBack(id, entry, log, next);
        if (next.mapVersion() < known.get(previous).mapVersion()) {
            throw world.failure(id + " appended " + next + " at " + entry + " after " + known.get(previous)
                    + ": an older plan undoes a newer one");
        }
        if (canMiss(known.get(previous), next)) {
            throw world.failure(id + " appended " + next + " at " + entry + " after " + known.get(previous)
                    + ": majorities need not meet");
        }
        if (!next.isVoter(id)) {
            throw world.failure(id + " appended " + next + " at " + entry + " and is not in it: it had to hand over");
        }
        known.put(position, next);
        totals.configurations++;
        totals.jointConfigurations += next.isJoint() ? 1 : 0;
    }

    /** Whoever left may have forgotten all, so its id must not be named again. */
    private void requireNoneComesBack(ReplicaId id, Entry entry, LogImage log, Configuration next) {
        Set<ReplicaId> before = new TreeSet<>();
        Set<ReplicaId> left = new TreeSet<>();
        for (Map.Entry<LogPosition, Configuration> earlier : known.entrySet()) {
            LogPosition position = earlier.getKey();
            if (position.index() < entry.index() && isIn(log, position)) {
                left.addAll(before);
                before = earlier.getValue().members();
                left.removeAll(before);
            }
        }
        for (ReplicaId member : next.members()) {
            if (left.contains(member)) {
                throw world.failure(id + " appended " + next + " at " + entry + ": " + member + " left before");
            }
        }
    }

    /** Whether a committed configuration says that the replica left for good. */
    boolean hasRetired(ReplicaId id) {
        return known.entrySet().stream()
                .anyMatch(entry -> entry.getKey().index() <= committed.lastIndex()
                        && committed.termAt(entry.getKey().index())
                                == entry.getKey().term()
                        && entry.getValue().hasRetired(id));
    }

    private boolean isIn(LogImage log, LogPosition position) {
        LogImage truth = position.index() > log.startIndex() ? log : committed;
        return truth.termAt(position.index()) == position.term();
    }

    /** A new leader has the newest configuration of its log in force. */
    void leads(ReplicaId id, Configuration inForce, LogImage log) {
        Configuration expected = known.get(newest(log, log.lastIndex()));
        if (!inForce.equals(expected)) {
            throw world.failure(id + " leads with " + inForce + ", its log says " + expected);
        }
    }

    /** Whether those for whom {@code holds} decide about {@code index} by a configuration in force there or behind it. */
    boolean mayDecide(long index, LogImage log, Predicate<ReplicaId> holds) {
        LogPosition inForce = newest(log, index);
        for (Map.Entry<LogPosition, Configuration> later :
                known.tailMap(inForce).entrySet()) {
            LogPosition position = later.getKey();
            boolean isInLog = position.equals(inForce) || log.termAt(position.index()) == position.term();
            if (isInLog && decide(later.getValue(), holds)) {
                return true;
            }
        }
        return false;
    }

    /** Where the newest configuration at or before {@code index} stands. */
    private LogPosition newest(LogImage log, long index) {
        LogPosition newest = new LogPosition(0, 0);
        for (LogPosition position : known.keySet()) {
            if (position.index() <= index && isIn(log, position)) {
                newest = position;
            }
        }
        return newest;
    }

    /** Whether two groups of replicas without a common one could decide, one by each configuration. */
    private static boolean canMiss(Configuration one, Configuration other) {
        TreeSet<ReplicaId> all = new TreeSet<>(one.members());
        all.addAll(other.members());
        List<ReplicaId> replicas = new ArrayList<>(all);
        for (int bits = 0; bits < 1 << replicas.size(); bits++) {
            Set<ReplicaId> some = new TreeSet<>();
            Set<ReplicaId> others = new TreeSet<>();
            for (int i = 0; i < replicas.size(); i++) {
                ((bits >> i & 1) == 1 ? some : others).add(replicas.get(i));
            }
            if (decides(one, some) && decides(other, others)) {
                return true;
            }
        }
        return false;
    }

    static boolean decide(Configuration configuration, Predicate<ReplicaId> agree) {
        return decides(
                configuration, configuration.members().stream().filter(agree).collect(Collectors.toSet()));
    }

    void snapshot(ReplicaId id, SnapshotMeta meta) {
        LogPosition position = newest(committed, meta.index());
        if (meta.configurationIndex() != position.index()
                || !meta.configuration().equals(known.get(position))) {
            throw world.failure(
                    "snapshot: " + id + " has " + meta + ", in force was " + known.get(position) + " at " + position);
        }
    }

    /** In words of its own, so that it does not share a mistake with what it judges. */
    private static boolean decides(Configuration configuration, Set<ReplicaId> set) {
        return isMajority(configuration.voters(), set)
                && (configuration.oldVoters().isEmpty() || isMajority(configuration.oldVoters(), set));
    }

    private static boolean isMajority(Set<ReplicaId> voters, Set<ReplicaId> set) {
        return 2 * voters.stream().filter(set::contains).count() > voters.size();
    }
}
