package io.raftkv.raft.sim;

import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Asks for changes of members. A server that is left out keeps its data and comes back as the same replica, which is the
 * harder case: it has old terms, votes and entries.
 */
final class SimChanges {
    private static final long AGAIN_NANOS = SimWorld.millis(500);

    private final SimCluster cluster;
    private final SimWorld world;
    private long mapVersion;
    private int missing;

    SimChanges(SimCluster cluster) {
        this.cluster = cluster;
        this.world = cluster.world();
    }

    /** Some group gets some voters. */
    void changeSome() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        changeSome(group, cluster.leaderOrAny(group));
    }

    /** {@code asked} is asked for it, which leads the group, or does not. */
    void changeSome(long group, SimServer asked) {
        List<SimServer> servers = new ArrayList<>(cluster.servers());
        SortedSet<ReplicaId> voters = new TreeSet<>();
        int count = 1 + world.random.nextInt(Math.min(5, servers.size()));
        for (int i = 0; i < count; i++) {
            voters.add(SimCluster.replica(
                    servers.remove(world.random.nextInt(servers.size())).id()));
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
                    Runnable reported = once(failed);
                    node.onDeath(reported);
                    node.group(group).changeMembers(voters, version, new Completion() {
                        @Override
                        public void succeeded(Object result) {
                            if (node.isAlive()) {
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

    private static Runnable once(Runnable task) {
        boolean[] ran = new boolean[1];
        return () -> {
            if (!ran[0]) {
                ran[0] = true;
                task.run();
            }
        };
    }

    void abort() {
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
    void bringInAll() {
        SortedSet<ReplicaId> all = new TreeSet<>();
        cluster.servers().forEach(server -> all.add(SimCluster.replica(server.id())));
        for (long group : cluster.groups()) {
            missing++;
            bringIn(group, all);
        }
    }

    private void bringIn(long group, SortedSet<ReplicaId> all) {
        change(
                group,
                cluster.leaderOrAny(group),
                all,
                ++mapVersion,
                () -> missing--,
                () -> world.after(AGAIN_NANOS, () -> bringIn(group, all)));
    }

    boolean allAreIn() {
        return missing == 0;
    }
}
