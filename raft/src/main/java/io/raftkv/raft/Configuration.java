package io.raftkv.raft;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
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
 */
public record Configuration(
        SortedSet<ReplicaId> voters, SortedSet<ReplicaId> oldVoters, SortedSet<ReplicaId> learners, long mapVersion) {
    public Configuration {
        voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
        oldVoters = Collections.unmodifiableSortedSet(new TreeSet<>(oldVoters));
        learners = Collections.unmodifiableSortedSet(new TreeSet<>(learners));
    }

    public static final Configuration EMPTY = new Configuration(new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), 0);

    public static Configuration of(Collection<ReplicaId> voters) {
        return new Configuration(new TreeSet<>(voters), new TreeSet<>(), new TreeSet<>(), 0);
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
