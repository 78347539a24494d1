package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.MembershipGoal;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Moves groups as their embedders do: nobody asks for a change; there is a goal per group, which changes at any moment, and of
 * which each server learns in its own time, or never. Whoever leads follows the goal that it knows ({@link SimMover}). What
 * leaders report of their groups is kept here too, as a coordinator would.
 */
final class SimGoals implements MemberChanges {
    private static final int USUAL_VOTERS = 3;

    /** A committed configuration that a leader told of. */
    private record Placement(long index, Configuration configuration) {}

    /** What is wanted of a group, and what is known of it. */
    private static final class Plan {
        private MembershipGoal newest;
        private SortedSet<Long> before;
        /** By server. */
        private final Map<Long, MembershipGoal> known = new TreeMap<>();

        private Placement placement;

        Plan(MembershipGoal first) {
            newest = first;
            before = first.servers();
        }
    }

    private final SimCluster cluster;
    private final SimWorld world;
    private final Map<Long, Plan> plans = new TreeMap<>();
    private boolean isPeace;

    SimGoals(SimCluster cluster, Configuration genesis) {
        this.cluster = cluster;
        this.world = cluster.world();
        SortedSet<Long> servers = new TreeSet<>();
        genesis.voters().forEach(voter -> servers.add(voter.server()));
        for (long group : cluster.groups()) {
            plans.put(group, new Plan(new MembershipGoal(servers, 1)));
        }
    }

    @Override
    public void changeSome() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        changeSome(group, cluster.leaderOrAny(group));
    }

    @Override
    public void changeSome(long group, SimServer leader) {
        Plan plan = plans.get(group);
        int kind = world.random.nextInt(10);
        if (kind < 5) {
            change(group, some(USUAL_VOTERS, plan.newest.servers()), leader);
        } else if (kind < 7) {
            change(group, plan.before, leader);
        } else {
            int count = world.chance(0.5) ? USUAL_VOTERS : 1 + world.random.nextInt(5);
            change(group, some(count, new TreeSet<>()), leader);
        }
    }

    /** The goal changes, perhaps in the middle of a move: back to where the group came from, or on to yet another place. */
    @Override
    public void abort() {
        changeSome();
    }

    /** The group should be on {@code servers}, as all of them learn at once. */
    void move(long group, SortedSet<Long> servers) {
        Plan plan = plans.get(group);
        plan.before = plan.newest.servers();
        plan.newest = new MembershipGoal(servers, plan.newest.version() + 1);
        cluster.servers().forEach(server -> plan.known.put((long) server.id(), plan.newest));
    }

    private SortedSet<Long> some(int count, SortedSet<Long> not) {
        List<Long> servers = new ArrayList<>();
        cluster.servers().forEach(server -> servers.add((long) server.id()));
        servers.removeAll(not);
        SortedSet<Long> chosen = new TreeSet<>();
        while (chosen.size() < count && !servers.isEmpty()) {
            chosen.add(servers.remove(world.random.nextInt(servers.size())));
        }
        return chosen;
    }

    private void change(long group, SortedSet<Long> servers, SimServer leader) {
        Plan plan = plans.get(group);
        plan.before = plan.newest.servers();
        MembershipGoal goal = new MembershipGoal(servers, plan.newest.version() + 1);
        plan.newest = goal;
        cluster.totals().goals++;
        world.trace(() -> "group " + group + " should become " + goal);
        for (SimServer server : cluster.servers()) {
            int luck = world.random.nextInt(10);
            if (server == leader && world.chance(0.6)) {
                learnAfter(20e6, server, group, goal);
            } else if (luck < 6) {
                learnAfter(200e6, server, group, goal);
            } else if (luck < 8) {
                learnAfter(4e9, server, group, goal);
            } // else never
        }
    }

    private void learnAfter(double meanNanos, SimServer server, long group, MembershipGoal goal) {
        world.after(world.exponential(meanNanos), () -> plans.get(group)
                .known
                .merge((long) server.id(), goal, (old, now) -> now.version() > old.version() ? now : old));
    }

    /** The newest goal that a server knows; null if it knows none. */
    MembershipGoal known(long group, int server) {
        return plans.get(group).known.get((long) server);
    }

    /** A leader tells of its group; what is between two places is nobody's business. */
    void report(long group, GroupStatus status) {
        Placement told = plans.get(group).placement;
        boolean isCertain = status.configurationIndex() > 0
                && status.configurationIndex() <= status.commitIndex()
                && !status.configuration().isJoint();
        if (isCertain && (told == null || told.index() < status.configurationIndex())) {
            plans.get(group).placement = new Placement(status.configurationIndex(), status.configuration());
        }
    }

    /** What a coordinator answers a server that asks whether its replica left: nobody else may be left to say so. */
    boolean hasLeft(long group, ReplicaId replica) {
        Placement told = plans.get(group).placement;
        if (told == null || !told.configuration().hasRetired(replica)) {
            return false;
        }
        return isPeace ? cluster.isNotTold(group, replica, told.configuration()) : world.chance(0.1);
    }

    @Override
    public void settle() {
        isPeace = true;
        plans.forEach((group, plan) -> {
            for (SimServer server : cluster.servers()) {
                learnAfter(500e6, server, group, plan.newest);
            }
        });
    }

    /** Whether every group is where the newest goal wants it, and nothing of it is anywhere else. */
    @Override
    public boolean isSettled() {
        return plans.keySet().stream().allMatch(this::isSettled);
    }

    private boolean isSettled(long group) {
        MembershipGoal newest = plans.get(group).newest;
        SimServer leader = cluster.leaderOrAny(group);
        if (!leader.isLeader(group)) {
            return false;
        }
        GroupStatus status = leader.life().group(group).status();
        Configuration current = status.configuration();
        if (!newest.isReached(current) || status.configurationIndex() > status.commitIndex()) {
            return false;
        }
        for (SimServer server : cluster.servers()) {
            RaftGroup open = server.isUp() ? server.life().group(group) : null;
            boolean isRight = open == null
                    ? server.isUp() && !isWanted(group, server)
                    : current.voters().contains(open.self()) || isLeftover(current, open.self());
            if (!isRight) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether the replica was invited by an entry that was cut later, so that it never was a member: it may still become one, so
     * it waits for that.
     */
    private static boolean isLeftover(Configuration current, ReplicaId replica) {
        return !current.members().contains(replica) && current.mayName(replica);
    }

    @Override
    public boolean isWanted(long group, SimServer server) {
        return plans.get(group).newest.servers().contains((long) server.id());
    }

    /** For whoever reads why a run failed. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        plans.forEach((group, plan) -> {
            text.append("group ").append(group).append(" should be ").append(plan.newest);
            text.append(", was told to be ").append(plan.placement).append('\n');
            for (SimServer server : cluster.servers()) {
                RaftGroup open = server.isUp() ? server.life().group(group) : null;
                text.append("  ").append(server).append(open == null ? " has none" : " has " + open.status());
                text.append('\n');
            }
        });
        return text.toString();
    }
}
