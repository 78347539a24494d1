package io.raftkv.kvserver.cluster;

import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.Placement;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.MembershipGoal;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.SnapshotProgress;
import java.util.Collections;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the shards that this server leads to where the map wants them, and tells the coordinator where they are. A move is
 * a change of the members of the shard's Raft group: everything that a shard has moves with it, and there is one owner at all
 * times, as the group has one leader.
 *
 * <p>A round compares and asks for the next step; it may be repeated at any time, by any leader. Which step is next is read
 * from the group's own configuration alone, so nothing is lost with a server. Shards do not wait for each other.
 *
 * <p>Threads: the control thread.
 */
final class Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final ShardTable table;
    private final Runnable roundSoon;
    private final Runnable roundLater;
    /** What this server asked its groups to become, until they answer. Changed on the groups' loops, too. */
    private final SortedMap<Integer, SortedSet<ReplicaId>> asked = Collections.synchronizedSortedMap(new TreeMap<>());

    /**
     * Both are called on any thread.
     *
     * @param roundSoon asks for another round
     * @param roundLater asks for one after a pause
     */
    Reconciler(ShardTable table, Runnable roundSoon, Runnable roundLater) {
        this.table = table;
        this.roundSoon = roundSoon;
        this.roundLater = roundLater;
    }

    /** Takes the next step of every shard that is led here; returns whether none has to be asked again by and by. */
    boolean round() {
        boolean settled = true;
        ClusterState known = table.state();
        for (ShardGroup group : table.groups()) {
            if (group.view().ready()) {
                settled &= reconcile(known, group);
            }
        }
        return settled;
    }

    private boolean reconcile(ClusterState known, ShardGroup group) {
        GroupStatus status = group.group().status();
        Configuration current = status.configuration();
        ClusterState.Wanted wanted = known.wanted(group.shard());
        if (!wanted.missing().isEmpty()) {
            return false;
        }
        if (status.role() != GroupStatus.Role.LEADER) {
            return !current.isJoint();
        }
        MembershipGoal goal = known.goal(group.shard());
        switch (goal.next(current, asked.get(group.shard()))) {
            case NOTHING -> {
                return true;
            }
            case WAIT -> {
                return false;
            }
            case CHANGE -> ask(group, goal.voters(current), goal.version());
            case ABORT -> abort(group);
        }
        return true;
    }

    private void ask(ShardGroup group, SortedSet<ReplicaId> voters, long version) {
        int shard = group.shard();
        LOG.info("shard {}: moves to {}, as map {} wants", shard, table.namesOf(voters), version);
        asked.put(shard, voters);
        group.group().changeMembers(voters, version, new Completion() {
            @Override
            public void succeeded(@Nullable Object nothing) {
                LOG.info("shard {}: is at {}", shard, table.namesOf(voters));
                asked.remove(shard, voters);
                roundSoon.run();
            }

            @Override
            public void failed(RaftException failure) {
                if (failure instanceof RaftException.OutcomeUnknown) {
                    LOG.info("shard {}: the move goes on at the next leader", shard);
                } else {
                    LOG.info("shard {}: the move goes on elsewhere or later: {}", shard, failure.getMessage());
                }
                // A group that is not ready yet refuses at once, and would do so again.
                asked.remove(shard, voters);
                roundLater.run();
            }
        });
    }

    /** The map changed while the new replicas are being filled. If it is too late for that, the change goes on. */
    private void abort(ShardGroup group) {
        LOG.info("shard {}: the map changed during a move; it begins anew if it still can", group.shard());
        group.group().abortChange(new Completion() {
            @Override
            public void succeeded(@Nullable Object nothing) {
                roundLater.run();
            }

            @Override
            public void failed(RaftException failure) {
                LOG.debug("shard {}: {}", group.shard(), failure.getMessage());
            }
        });
    }

    /** Tells the coordinator where the shards are that are led here, if it does not know. */
    boolean tellPlacements(CoordinatorClient coordinator) {
        boolean all = true;
        for (ShardGroup group : table.groups()) {
            Placement now = group.view().ready() ? placement(group) : null;
            if (now == null || !isNews(now)) {
                continue;
            }
            try {
                coordinator.place(now);
                table.update(known -> known.withPlacement(now));
            } catch (CoordinatorException e) {
                LOG.warn("shard {}: where it is could not be told, tried again: {}", now.shard(), e.getMessage());
                all = false;
            }
        }
        return all;
    }

    private boolean isNews(Placement now) {
        Placement told = table.state().placements().get(now.shard());
        return told == null || told.generation() < now.generation() || told.index() < now.index();
    }

    /** Where a shard is for certain; null while it is where it began, or between two places. */
    private static @Nullable Placement placement(ShardGroup group) {
        GroupStatus status = group.group().status();
        Configuration current = status.configuration();
        if (status.configurationIndex() == 0
                || status.configurationIndex() > status.commitIndex()
                || current.isJoint()) {
            return null;
        }
        SortedMap<Long, Long> voters = new TreeMap<>();
        current.voters().forEach(voter -> voters.put(voter.server(), voter.incarnation()));
        return new Placement(
                group.shard(),
                group.generation(),
                status.configurationIndex(),
                current.mapVersion(),
                voters,
                current.retired());
    }

    /** In words, what keeps a shard that is led here from being where the map wants it; empty if it is there. */
    static String waitsFor(ShardTable table, ShardGroup group) {
        GroupStatus status = group.group().status();
        Configuration current = status.configuration();
        ClusterState known = table.state();
        ClusterState.Wanted wanted = known.wanted(group.shard());
        MembershipGoal goal = known.goal(group.shard());
        if (current.isJoint()) {
            return "moving: old and new servers decide together; waits for a majority of "
                    + table.namesOf(current.voters());
        }
        if (!wanted.missing().isEmpty()) {
            return "waits for the servers at " + String.join(", ", wanted.missing())
                    + ", which have not announced themselves";
        }
        if (!current.learners().isEmpty()) {
            return "moving: "
                    + current.learners().stream()
                            .map(learner -> filling(table, status, learner))
                            .collect(Collectors.joining(", "))
                    + followedBy(goal.voters(current), current);
        }
        return wanted.servers().isEmpty() || goal.isReached(current) ? "" : "moving: about to begin";
    }

    private static String followedBy(SortedSet<ReplicaId> wanted, Configuration current) {
        SortedSet<ReplicaId> later = new TreeSet<>(wanted);
        later.removeAll(current.members());
        return later.isEmpty() ? "" : "; then " + later.size() + " more";
    }

    private static String filling(ShardTable table, GroupStatus status, ReplicaId learner) {
        long held = status.matchIndex().getOrDefault(learner, 0L);
        String name = table.nameOf(learner);
        SnapshotProgress sending = status.sending().get(learner);
        if (sending != null && held == 0) {
            return String.format(
                    Locale.ROOT, "%s has %.1f of %.1f MB", name, sending.heldBytes() / 1e6, sending.totalBytes() / 1e6);
        }
        return held == 0
                ? name + " has nothing yet"
                : name + " is " + Math.max(0, status.lastIndex() - held) + " entries behind";
    }

    /** Whether the coordinator knows that the replica left its group: nobody else may be left to say so. */
    boolean hasLeft(ShardGroup group) {
        Placement known = table.state().placements().get(group.shard());
        ReplicaId self = group.group().self();
        return known != null
                && known.generation() == group.generation()
                && known.hasRetired(self.server(), self.incarnation());
    }
}
