package io.raftkv.raft;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Who takes part in a group (Raft §4.3). While {@link #oldVoters} is not empty the configuration is <em>joint</em>: every
 * decision needs a majority of both sets.
 *
 * @param voters the voters; in a joint configuration the new ones (C_new)
 * @param oldVoters empty, or the voters that are being replaced (C_old)
 * @param learners replicas that get the log and do not count
 * @param mapVersion the version of whatever plan asked for this configuration, 0 for the first one
 * @param retired by server, the highest incarnation that ever left the group. It and the lower ones never come back: what
 *     they promised may be forgotten with their data
 * @param leaseReads whether the leader may serve reads by a lease ({@link ReadMode#LEASE}). Of the group and not of a server, as
 *     all voters must keep what the lease is built on; set in the first configuration, and the same for life
 */
public record Configuration(
        SortedSet<ReplicaId> voters,
        SortedSet<ReplicaId> oldVoters,
        SortedSet<ReplicaId> learners,
        long mapVersion,
        SortedMap<Long, Long> retired,
        boolean leaseReads) {
    public Configuration {
        voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
        oldVoters = Collections.unmodifiableSortedSet(new TreeSet<>(oldVoters));
        learners = Collections.unmodifiableSortedSet(new TreeSet<>(learners));
        retired = Collections.unmodifiableSortedMap(new TreeMap<>(retired));
    }

    /** One that nobody ever left, without leases. */
    public Configuration(
            SortedSet<ReplicaId> voters,
            SortedSet<ReplicaId> oldVoters,
            SortedSet<ReplicaId> learners,
            long mapVersion) {
        this(voters, oldVoters, learners, mapVersion, new TreeMap<>(), false);
    }

    public static final Configuration EMPTY = new Configuration(new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), 0);

    public static Configuration of(Collection<ReplicaId> voters) {
        return new Configuration(new TreeSet<>(voters), new TreeSet<>(), new TreeSet<>(), 0);
    }

    /** This one, for a group whose leader may serve reads by a lease. */
    public Configuration withLeaseReads() {
        return new Configuration(voters, oldVoters, learners, mapVersion, retired, true);
    }

    /** What may follow this one; who is here and not there is retired. */
    public Configuration next(
            SortedSet<ReplicaId> newVoters,
            SortedSet<ReplicaId> newOldVoters,
            SortedSet<ReplicaId> newLearners,
            long newMapVersion) {
        SortedMap<Long, Long> left = new TreeMap<>(retired);
        Configuration next = new Configuration(newVoters, newOldVoters, newLearners, newMapVersion);
        SortedSet<ReplicaId> stay = next.members();
        for (ReplicaId member : members()) {
            if (!stay.contains(member)) {
                left.merge(member.server(), member.incarnation(), Math::max);
            }
        }
        return new Configuration(newVoters, newOldVoters, newLearners, newMapVersion, left, leaseReads);
    }

    /** Whether {@code id}, or a later incarnation of its server, was a member and left. It never comes back. */
    public boolean hasRetired(ReplicaId id) {
        return id.incarnation() <= retired.getOrDefault(id.server(), 0L)
                && !members().contains(id);
    }

    /**
     * Whether {@code id} may be named by a later configuration: it is a member, or its server never had this or a later
     * incarnation in the group.
     */
    public boolean mayName(ReplicaId id) {
        if (members().contains(id)) {
            return true;
        }
        long highest = retired.getOrDefault(id.server(), 0L);
        for (ReplicaId member : members()) {
            highest = member.server() == id.server() ? Math.max(highest, member.incarnation()) : highest;
        }
        return id.incarnation() > highest;
    }

    public boolean isJoint() {
        return !oldVoters.isEmpty();
    }

    public boolean isVoter(ReplicaId id) {
        return voters.contains(id) || oldVoters.contains(id);
    }

    /** Every replica of any role, sorted. */
    public SortedSet<ReplicaId> members() {
        SortedSet<ReplicaId> all = new TreeSet<>(voters);
        all.addAll(oldVoters);
        all.addAll(learners);
        return all;
    }

    /** Whether those for whom {@code agrees} holds are a majority of the voters, and of the old voters if joint. */
    public boolean hasQuorum(Predicate<ReplicaId> agrees) {
        return isMajority(voters, agrees) && (oldVoters.isEmpty() || isMajority(oldVoters, agrees));
    }

    private static boolean isMajority(SortedSet<ReplicaId> set, Predicate<ReplicaId> agrees) {
        int yes = 0;
        for (ReplicaId id : set) {
            if (agrees.test(id)) {
                yes++;
            }
        }
        return yes > set.size() / 2;
    }
}
