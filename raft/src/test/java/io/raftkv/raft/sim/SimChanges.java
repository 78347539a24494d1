package io.raftkv.raft.sim;

import io.raftkv.raft.Completion;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Asks for changes of members. A server whose replica left drops that one's data when it is told, and comes back with
 * another replica.
 */
final class SimChanges implements MemberChanges {
    private static final long AGAIN_NANOS = SimWorld.millis(500);

    private final SimCluster cluster;
    private final SimWorld world;
    private long mapVersion;
    private int missing;

    SimChanges(SimCluster cluster) {
        this.cluster = cluster;
        this.world = cluster.world();
    }

    @Override
    public void changeSome() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        changeSome(group, cluster.leaderOrAny(group));
    }

    /** {@code asked} is asked for it, which leads the group, or does not. */
    @Override
    public void changeSome(long group, SimServer asked) {
        List<SimServer> servers = new ArrayList<>(cluster.servers());
        SortedSet<ReplicaId> voters = new TreeSet<>();
        int count = 1 + world.random.nextInt(Math.min(5, servers.size()));
        for (int i = 0; i < count; i++) {
            voters.add(servers.remove(world.random.nextInt(servers.size())).replica(group));
        }
        // Now and then one that comes late.
        mapVersion++;
        change(group, asked, voters, world.chance(0.1) ? Math.max(1, mapVersion - 2) : mapVersion, () -> {}, () -> {});
    }

    private void change(
            long group, SimServer asked, SortedSet<ReplicaId> voters, long version, Runnable done, Runnable failed) {
        world.trace(() -> asked + " is asked to make " + voters + " the voters of group " + group);
        asked.serve(
                node -> {
                    boolean[] ended = new boolean[1];
                    Runnable reported = () -> {
                        if (!ended[0]) {
                            ended[0] = true;
                            failed.run();
                        }
                    };
                    node.onDeath(reported);
                    node.group(group).changeMembers(voters, version, new Completion() {
                        @Override
                        public void succeeded(Object result) {
                            if (node.isAlive()) {
                                ended[0] = true;
                                cluster.totals().changesDone++;
                                world.trace(() -> "group " + group + " has the voters " + voters);
                                done.run();
                            }
                        }

                        @Override
                        public void failed(RaftException failure) {
                            world.trace(() -> "the change to " + voters + " failed: " + failure.getMessage());
                            reported.run();
                        }
                    });
                },
                failed);
    }

    @Override
    public void abort() {
        cluster.leaderOrAny()
                .serve(
                        node -> node.group(1).abortChange(new Completion() {
                            @Override
                            public void succeeded(Object result) {}

                            @Override
                            public void failed(RaftException failure) {
                                world.trace(() -> "the abort failed: " + failure.getMessage());
                            }
                        }),
                        () -> {});
    }

    /** Asks until all servers are voters of all groups. */
    @Override
    public void settle() {
        for (long group : cluster.groups()) {
            missing++;
            bringIn(group);
        }
    }

    private void bringIn(long group) {
        SortedSet<ReplicaId> all = new TreeSet<>();
        cluster.servers().forEach(server -> all.add(server.replica(group)));
        change(
                group,
                cluster.leaderOrAny(group),
                all,
                ++mapVersion,
                () -> missing--,
                () -> world.after(AGAIN_NANOS, () -> {
                    dropRetired(group);
                    bringIn(group);
                }));
    }

    /** What an operator does with a replica that left and that nobody who knows can reach: the members say that it is no more. */
    private void dropRetired(long group) {
        SimServer leader = cluster.leaderOrAny(group);
        if (!leader.isLeader(group)) {
            return;
        }
        GroupStatus status = leader.life().group(group).status();
        if (status.commitIndex() < status.lastIndex()) {
            return;
        }
        for (SimServer server : cluster.servers()) {
            ReplicaId replica = server.replica(group);
            if (server.isUp()
                    && !status.configuration().mayName(replica)
                    && cluster.isNotTold(group, replica, status.configuration())) {
                server.life().dropLater(group, replica);
            }
        }
    }

    @Override
    public boolean isSettled() {
        return missing == 0;
    }
}
