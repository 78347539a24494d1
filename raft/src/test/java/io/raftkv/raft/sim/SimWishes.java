package io.raftkv.raft.sim;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Lets the {@link Embedder} of a run change the members of its groups. */
final class SimWishes implements MemberChanges {
    private static final long AGAIN_NANOS = SimWorld.millis(500);

    private final SimCluster cluster;
    private final SimWorld world;
    /** By group, the servers that were its members when it was settled. */
    private final Map<Long, Set<Long>> settled = new TreeMap<>();

    SimWishes(SimCluster cluster) {
        this.cluster = cluster;
        this.world = cluster.world();
    }

    @Override
    public void changeSome() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        changeSome(group, cluster.leaderOrAny(group));
    }

    @Override
    public void changeSome(long group, SimServer asked) {
        ask(group, asked, Embedder.Attendant::changeSome);
    }

    @Override
    public void abort() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        ask(group, cluster.leaderOrAny(group), Embedder.Attendant::takeBack);
    }

    private void ask(long group, SimServer asked, Consumer<Embedder.Attendant> wish) {
        asked.serve(node -> node.attend(group, wish), () -> {});
    }

    @Override
    public void settle() {
        cluster.groups().forEach(this::settle);
    }

    private void settle(long group) {
        if (settled.containsKey(group)) {
            return;
        }
        SimServer leader = cluster.leaderOrAny(group);
        if (leader.isLeader(group)) {
            ask(group, leader, attendant -> {
                if (leader.isLeader(group) && !settled.containsKey(group) && attendant.settle()) {
                    Set<Long> members = new TreeSet<>();
                    leader.life()
                            .group(group)
                            .status()
                            .configuration()
                            .members()
                            .forEach(member -> members.add(member.server()));
                    settled.put(group, members);
                }
            });
        }
        world.after(AGAIN_NANOS, () -> settle(group));
    }

    @Override
    public boolean isSettled() {
        return settled.size() == cluster.swarm().groups();
    }

    @Override
    public boolean isWanted(long group, SimServer server) {
        Set<Long> members = settled.get(group);
        return members == null || members.contains((long) server.id());
    }
}
