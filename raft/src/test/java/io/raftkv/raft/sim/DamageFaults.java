package io.raftkv.raft.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Lets bits rot where it matters most: on the disk of a replica of which others count on what it promised, so that the group
 * would go wrong if it did not know that this is lost.
 */
final class DamageFaults {
    private final SimCluster cluster;
    private final SimWorld world;
    private final SimNetwork network;
    private final Nemesis nemesis;

    DamageFaults(SimCluster cluster, Nemesis nemesis) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.network = cluster.network();
        this.nemesis = nemesis;
    }

    /**
     * Some servers are away while the others acknowledge. Then one of these loses that, and sees only those who were away, at
     * once or when its leader has filled it in part.
     */
    void loseAcknowledged() {
        SimServer leader = cluster.leaderOrAny();
        List<SimServer> others = nemesis.votersBeside(1, leader);
        if (others.size() < 2) {
            return;
        }
        List<SimServer> away = others.subList(0, others.size() / 2);
        SimServer victim = others.get(others.size() - 1);
        Set<Long> side = new TreeSet<>();
        away.forEach(server -> side.add((long) server.id()));
        separate(side);
        nemesis.soonAfter(SimWorld.millis(300), 200e6, () -> {
            if (rotsAndRestarts(victim)) {
                nemesis.soonAfter(SimWorld.millis(20), world.chance(0.5) ? 1e6 : 30e6, () -> {
                    side.add((long) victim.id());
                    network.healAll();
                    separate(side);
                });
            }
            nemesis.healLater();
        });
    }

    /**
     * A replica that elected {@code elected} loses that, and sees only the leader before, if that does not know yet that it was
     * deposed.
     */
    void loseVote(long group, SimServer elected) {
        for (SimServer deposed : cluster.servers()) {
            List<SimServer> others = new ArrayList<>(nemesis.votersBeside(group, deposed));
            others.remove(elected);
            if (deposed != elected && deposed.isLeader(group) && !others.isEmpty()) {
                SimServer victim = others.get(0);
                nemesis.soon(10e6, () -> {
                    if (rotsAndRestarts(victim)) {
                        network.cutBoth(elected.id(), victim.id());
                        network.cutBoth(elected.id(), deposed.id());
                        network.healBoth(deposed.id(), victim.id());
                    }
                    nemesis.healLater();
                });
                return;
            }
        }
    }

    private boolean rotsAndRestarts(SimServer victim) {
        if (!cluster.rot().permits(victim)) {
            return false;
        }
        victim.crash();
        cluster.rot().strike(victim);
        world.after(SimWorld.millis(20), victim::start);
        return true;
    }

    private void separate(Set<Long> side) {
        network.pairsAcross(side::contains).forEach(pair -> network.cutBoth(pair[0], pair[1]));
    }
}
