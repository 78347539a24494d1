package io.raftkv.raft.sim;

import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.MembershipGoal;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.driver.Invitation;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * What a program around the library does on each server so that groups follow their goals: in rounds it lets the groups that
 * are led here take their next step, opens the replicas that leaders count on, and drops those that left. All it knows it
 * forgets with the process. What it decides it does a little later, as it is another thread there.
 */
final class SimMover {
    private static final double ROUND_NANOS = 300e6;
    private static final double SOON_NANOS = 30e6;
    private static final double HAND_OVER_NANOS = 1e6;

    private final SimCluster cluster;
    private final SimWorld world;
    private final SimNode node;
    private final int server;
    /** What this server asked its groups to become, until they answer. */
    private final Map<Long, SortedSet<ReplicaId>> asked = new TreeMap<>();
    /** What is about to be opened. */
    private final Map<Long, ReplicaId> invited = new TreeMap<>();

    SimMover(SimCluster cluster, SimNode node, int server) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.node = node;
        this.server = server;
    }

    void start() {
        node.later(world.exponential(ROUND_NANOS), () -> {
            cluster.groups().forEach(this::round);
            start();
        });
    }

    /** This server's replica begins to lead. */
    void leads(long group) {
        roundSoon(group);
    }

    private void roundSoon(long group) {
        node.later(world.exponential(SOON_NANOS), () -> round(group));
    }

    private void round(long groupId) {
        RaftGroup group = node.group(groupId);
        if (group == null) {
            return;
        }
        if (cluster.goals().hasLeft(groupId, group.self())) {
            node.dropLater(groupId, group.self());
        } else if (group.isLeader()) {
            GroupStatus status = group.status();
            cluster.goals().report(groupId, status);
            MembershipGoal goal = cluster.goals().known(groupId, server);
            if (goal != null) {
                follow(group, status.configuration(), goal);
            }
        }
    }

    private void follow(RaftGroup group, Configuration current, MembershipGoal goal) {
        switch (goal.next(current, asked.get(group.id()))) {
            case CHANGE -> ask(group, goal.voters(current), goal.version());
            case ABORT ->
                node.later(
                        world.exponential(HAND_OVER_NANOS),
                        () -> group.abortChange(new Completion() {
                            @Override
                            public void succeeded(Object nothing) {
                                roundSoon(group.id());
                            }

                            @Override
                            public void failed(RaftException failure) {
                                world.trace(() -> node + " cannot abort: " + failure.getMessage());
                            }
                        }));
            case NOTHING, WAIT -> {}
        }
    }

    private void ask(RaftGroup group, SortedSet<ReplicaId> voters, long version) {
        world.trace(() -> node + " asks group " + group.id() + " to become " + voters + " for version " + version);
        asked.put(group.id(), voters);
        node.later(
                world.exponential(HAND_OVER_NANOS),
                () -> group.changeMembers(voters, version, new Completion() {
                    @Override
                    public void succeeded(Object nothing) {
                        cluster.totals().changesDone++;
                        ended("is done");
                    }

                    @Override
                    public void failed(RaftException failure) {
                        ended(failure.getMessage());
                    }

                    private void ended(String how) {
                        world.trace(() -> node + " asked group " + group.id() + " to become " + voters + ": " + how);
                        asked.remove(group.id(), voters);
                        roundSoon(group.id());
                    }
                }));
    }

    /**
     * A leader counts on a replica that is not open. Now and then it takes long until that is looked at, and to open it takes
     * its time too, in which the leader may ask again.
     */
    void invited(long group, ReplicaId replica) {
        if (!replica.equals(invited.put(group, replica))) {
            later(() -> {
                invited.remove(group);
                later(() -> open(group, replica));
            });
        }
    }

    /** Seconds if whoever does it waits for something else. */
    private void later(Runnable task) {
        double rare = world.chance(0.2) ? 3e9 : 300e6;
        node.later(world.exponential(world.chance(0.2) ? rare : 5e6), task);
    }

    private void open(long groupId, ReplicaId replica) {
        RaftGroup earlier = node.group(groupId);
        if (earlier != null && node.isDropping(groupId)) {
            return;
        }
        GroupStatus open = earlier == null ? null : earlier.status();
        switch (Invitation.judge(replica, open, node.droppedIncarnation(groupId))) {
            case OPEN -> node.openAdded(groupId, replica);
            case REPLACE -> node.dropLater(groupId, earlier.self());
            case IGNORE -> {}
        }
    }
}
