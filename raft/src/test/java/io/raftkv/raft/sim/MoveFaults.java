package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Does harm to groups that move, in each phase of a move, to those who matter in it. Also counts what becomes of moves. */
final class MoveFaults {
    /** How far a move is, by what its leader does. */
    enum Phase {
        /** Learners were added. */
        FILL,
        /** The joint configuration was appended. */
        JOINT,
        /** It is committed, and its leader is none of the new voters. */
        HAND_OVER,
        /** The final configuration was appended. */
        FINAL
    }

    /** What can be done to it. */
    enum Harm {
        CRASH_NEW_MAJORITY,
        CRASH_RECEIVER,
        CRASH_LEADER,
        PAUSE_LEADER,
        ISOLATE_LEADER,
        SPLIT_OLD_FROM_NEW,
        DELAY_LEADER,
        CHANGE_GOAL
    }

    private static final double SHARE = 0.3;

    private final SimCluster cluster;
    private final SimWorld world;
    private final Nemesis nemesis;
    private final MemberChanges changes;
    /** By group, what a leader appended last. */
    private final Map<Long, Appended> last = new TreeMap<>();

    private record Appended(ReplicaId leader, long index, Configuration configuration) {}

    MoveFaults(SimCluster cluster, Nemesis nemesis, MemberChanges changes) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.nemesis = nemesis;
        this.changes = changes;
    }

    /** {@code leader} appends a configuration. */
    void appended(long group, ReplicaId leader, long index, Configuration next) {
        Appended earlier = last.put(group, new Appended(leader, index, next));
        Configuration before = earlier == null ? Configuration.EMPTY : earlier.configuration();
        boolean isUnderWay = before.isJoint() || !before.learners().isEmpty();
        if (next.isJoint()) {
            cluster.totals().movesBegun += isUnderWay ? 0 : 1;
            strike(Phase.JOINT, group, leader, servers(next.oldVoters()), servers(next.voters()));
        } else if (!next.learners().isEmpty()) {
            cluster.totals().movesBegun += isUnderWay ? 0 : 1;
            strike(Phase.FILL, group, leader, servers(next.voters()), servers(next.learners()));
        } else if (before.isJoint()) {
            cluster.totals().movesDone++;
            strike(Phase.FINAL, group, leader, servers(before.oldVoters()), servers(next.voters()));
        } else {
            cluster.totals().movesAborted += isUnderWay ? 1 : 0;
        }
    }

    /** {@code leader} counts {@code index} as committed. */
    void committed(long group, ReplicaId leader, long index) {
        Appended newest = last.get(group);
        if (newest == null || newest.index() > index || !newest.leader().equals(leader)) {
            return;
        }
        Configuration joint = newest.configuration();
        if (joint.isJoint() && !joint.voters().contains(leader)) {
            // Once.
            last.put(group, new Appended(leader, Long.MAX_VALUE, joint));
            strike(Phase.HAND_OVER, group, leader, servers(joint.oldVoters()), servers(joint.voters()));
        }
    }

    private List<SimServer> servers(SortedSet<ReplicaId> replicas) {
        List<SimServer> servers = new ArrayList<>();
        replicas.forEach(replica -> servers.add(cluster.servers().get((int) replica.server() - 1)));
        return servers;
    }

    private void strike(Phase phase, long group, ReplicaId leader, List<SimServer> old, List<SimServer> now) {
        if (!world.chance(SHARE)) {
            return;
        }
        Harm harm = Harm.values()[world.random.nextInt(Harm.values().length)];
        SimServer leading = cluster.servers().get((int) leader.server() - 1);
        List<SimServer> fresh = new ArrayList<>(now);
        fresh.removeAll(old);
        // Before anybody but the leader knows, or after.
        nemesis.soon(world.chance(0.3) ? 0 : 10e6, () -> {
            world.trace(() -> "strikes group " + group + " in phase " + phase + ": " + harm);
            cluster.totals().strikes[phase.ordinal()][harm.ordinal()]++;
            switch (harm) {
                case CRASH_NEW_MAJORITY -> nemesis.crash(majority(now));
                case CRASH_RECEIVER -> crashReceiver(fresh.isEmpty() ? now : fresh);
                case CRASH_LEADER -> nemesis.crash(List.of(leading));
                case PAUSE_LEADER -> pause(leading);
                case ISOLATE_LEADER -> nemesis.isolate(leading);
                case SPLIT_OLD_FROM_NEW -> split(fresh.isEmpty() ? now : fresh);
                case DELAY_LEADER -> delay(leading, old);
                case CHANGE_GOAL -> changes.changeSome(group, leading);
            }
        });
    }

    private List<SimServer> majority(List<SimServer> servers) {
        List<SimServer> left = new ArrayList<>(servers);
        List<SimServer> chosen = new ArrayList<>();
        while (2 * chosen.size() <= servers.size()) {
            chosen.add(left.remove(world.random.nextInt(left.size())));
        }
        return chosen;
    }

    /** In one of its next disk operations; it comes back when somebody looks. */
    private void crashReceiver(List<SimServer> receivers) {
        SimServer victim = receivers.get(world.random.nextInt(receivers.size()));
        if (victim.isUp()) {
            victim.life().losePowerAfter(1 + world.random.nextInt(20));
        }
    }

    /** Long enough for another one to be elected and to go on. */
    private void pause(SimServer leader) {
        if (leader.isUp()) {
            long pause = SimWorld.millis(500) + world.exponential(2.5e9);
            leader.life().pause(pause, pause);
        }
    }

    /** What the leader says to one of the old replicas comes when that one may have left and be gone. */
    private void delay(SimServer leader, List<SimServer> old) {
        List<SimServer> others = new ArrayList<>(old);
        others.remove(leader);
        if (!others.isEmpty()) {
            SimServer victim = others.get(world.random.nextInt(others.size()));
            long until = world.nowNanos() + SimWorld.seconds(2) + world.exponential(2e9);
            cluster.network().clog(leader.id(), victim.id(), until);
        }
    }

    private void split(List<SimServer> some) {
        SortedSet<Long> side = new TreeSet<>();
        some.forEach(server -> side.add((long) server.id()));
        nemesis.cutOff(side);
    }
}
