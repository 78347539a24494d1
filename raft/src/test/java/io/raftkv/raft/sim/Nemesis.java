package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Does harm: a random fault of those that the run allows, every few seconds, each for a while. */
final class Nemesis {
    private static final double MEAN_PAUSE_NANOS = 4e9;
    /** Long enough to be noticed, and shorter than a lease. */
    static final long COUNTED_PAUSE_NANOS = SimWorld.millis(450);

    /** What can go wrong. */
    enum Fault {
        CRASH_ONE,
        CRASH_LEADER,
        CRASH_MINORITY,
        CRASH_MAJORITY,
        CRASH_ALL,
        ISOLATE_LEADER,
        ISOLATE_ONE,
        SPLIT,
        ONE_WAY,
        BRIDGE,
        FLAP,
        LOSS,
        RESET,
        CLOG,
        PAUSE,
        SLOW_DISK,
        STALL_DISK,
        WALL_CLOCK,
        TRANSFER,
        SHUT_DOWN,
        FORGET,
        LATE_ANSWERS,
        CHANGE_MEMBERS,
        ABORT_CHANGE,
        BIT_ROT,
        OLD_COPY,
        DISK_ERROR,
        FULL_DISK
    }

    private final SimCluster cluster;
    private final SimWorld world;
    private final SimNetwork network;
    private final List<Fault> faults;
    private final int servers;
    private final MemberChanges changes;
    private final DamageFaults damage;
    /** Who is to get its lead back, by group. */
    private final Map<Long, SimServer> lent = new TreeMap<>();

    private boolean stopped;

    Nemesis(SimCluster cluster, MemberChanges changes) {
        this.changes = changes;
        this.cluster = cluster;
        this.world = cluster.world();
        this.network = cluster.network();
        this.faults = new ArrayList<>(cluster.swarm().faults());
        this.servers = cluster.servers().size();
        this.damage = new DamageFaults(cluster, this);
    }

    void start() {
        world.after(world.exponential(MEAN_PAUSE_NANOS), this::strike);
        if (cluster.rot().isFrequent()) {
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepRotting);
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepBringingBack);
        }
        if (cluster.rot().isFrequent() || faults.contains(Fault.OLD_COPY)) {
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepCopying);
        }
        if (faults.contains(Fault.DISK_ERROR)) {
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepFailing);
        }
        if (cluster.swarm().leases()) {
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepForgetting);
        }
        cluster.onTransfer(this::strikeAtTransfer);
        cluster.onHandOver(this::strikeAtHandOver);
        cluster.onCampaign(this::strikeAtCampaign);
        cluster.onSleep(this::strikeAtSleep);
        cluster.onLead(this::strikeAtLead);
        if (cluster.swarm().prefersLeaders()) {
            prefer();
        }
        if (faults.contains(Fault.CHANGE_MEMBERS)) {
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::changeMembers);
            cluster.onChange(new Changes());
        }
    }

    /** Likewise. */
    private void keepRotting() {
        if (!stopped) {
            if (world.chance(0.5)) {
                rot();
            } else {
                damage.loseAcknowledged();
            }
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepRotting);
        }
    }

    /** Likewise: what it does is rarely met by chance, and nothing else tests the word of the voters. */
    private void keepForgetting() {
        if (!stopped) {
            cluster.totals().faults++;
            forget();
            world.after(2 * world.exponential(MEAN_PAUSE_NANOS), this::keepForgetting);
        }
    }

    /** Who should lead depends on what their owner knows of servers and load, so it changes. */
    private void prefer() {
        if (!stopped) {
            preferSome();
            world.after(2 * world.exponential(MEAN_PAUSE_NANOS), this::prefer);
        }
    }

    /** Another server for each group. */
    void preferSome() {
        cluster.groups().forEach(group -> cluster.prefer(group, 1 + world.random.nextInt(servers)));
    }

    /**
     * The leader is cut off from all that it can do without. Then it loses one of those on whose word it relies: that one
     * restarts at once, or its link breaks, or its last answers come when it keeps its word no more.
     */
    private void forget() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        SimServer leader = cluster.leaderOrAny(group);
        List<SimServer> others = votersBeside(group, leader);
        if (others.isEmpty()) {
            return;
        }
        int needed = (others.size() + 1) / 2;
        for (SimServer other : others.subList(needed, others.size())) {
            network.cutBoth(leader.id(), other.id());
        }
        SimServer victim = others.get(0);
        world.after(SimWorld.millis(600) + world.exponential(300e6), () -> {
            if (stopped) {
                return;
            }
            switch (world.random.nextInt(4)) {
                case 0 -> {
                    victim.kill();
                    network.cutBoth(victim.id(), leader.id());
                    world.after(SimWorld.millis(20), victim::start);
                }
                case 1 -> {
                    network.reset(victim.id(), leader.id());
                    network.cutBoth(victim.id(), leader.id());
                }
                default -> {
                    long now = world.nowNanos();
                    network.clog(victim.id(), leader.id(), now + SimWorld.millis(780) + world.exponential(100e6));
                    world.after(
                            SimWorld.millis(120),
                            () -> network.clog(leader.id(), victim.id(), now + SimWorld.seconds(2)));
                }
            }
            healLater();
        });
    }

    /** The voters of a group in any order, without {@code leader}; if that does not lead, the other servers. */
    List<SimServer> votersBeside(long group, SimServer leader) {
        List<SimServer> others = some(servers);
        others.remove(leader);
        if (leader.isLeader(group)) {
            Configuration configuration = leader.life().group(group).status().configuration();
            others.removeIf(server -> !configuration.isVoter(server.replica(group)));
        }
        return others;
    }

    /**
     * The leader gives its lead to another one and gets it back. Meanwhile what one follower answered to it before is under way,
     * and what it says now does not reach that one.
     */
    private void answerLate() {
        long group = 1 + world.random.nextInt(cluster.swarm().groups());
        SimServer leader = cluster.leaderOrAny(group);
        List<SimServer> others = votersBeside(group, leader);
        if (others.size() < 2) {
            return;
        }
        SimServer late = others.get(0);
        SimServer between = others.get(1);
        network.clog(late.id(), leader.id(), world.nowNanos() + SimWorld.seconds(1) + world.exponential(500e6));
        soonAfter(SimWorld.millis(150), 1e6, () -> {
            network.cut(leader.id(), late.id());
            lent.put(group, leader);
            leader.transferLeadership(group, between);
            healLater();
        });
    }

    /** All that is said to a candidate comes late, so that it campaigns again meanwhile. */
    private void strikeAtCampaign(SimServer candidate) {
        if (!stopped && world.chance(0.1)) {
            long until = world.nowNanos() + SimWorld.millis(900) + world.exponential(300e6);
            for (int other = 1; other <= servers; other++) {
                if (other != candidate.id()) {
                    network.clog(other, candidate.id(), until);
                }
            }
        }
    }

    /** A leader that sleeps is cut off and stands still for so long that others elect another one. Then it is asked. */
    private void strikeAtSleep(long group, SimServer leader) {
        if (stopped || !leader.isLeader(group) || !world.chance(0.3)) {
            return;
        }
        soon(100e6, () -> {
            if (!leader.isUp()) {
                return;
            }
            network.isolate(leader.id());
            long pause = SimWorld.millis(2500);
            leader.life().pause(pause, world.chance(0.5) ? COUNTED_PAUSE_NANOS : pause);
            world.after(pause, leader::provoke);
            world.after(pause + SimWorld.millis(700), () -> {
                leader.leaveAlone();
                if (!stopped) {
                    network.healAll();
                }
            });
        });
    }

    private void strikeAtLead(long group, SimServer leader) {
        if (stopped) {
            return;
        }
        SimServer lender = lent.remove(group);
        if (lender != null && lender != leader) {
            soonAfter(SimWorld.millis(20), 20e6, () -> leader.transferLeadership(group, lender));
        }
        if (world.chance(0.3)) {
            bringBackTheDeposed(group, leader);
        }
        if (cluster.rot().isFrequent() && world.chance(0.5)) {
            damage.loseVote(group, leader);
        }
        if (faults.contains(Fault.CHANGE_MEMBERS) && world.chance(0.2)) {
            // Before an entry of the new leader's term is committed.
            changes.changeSome(group, leader);
        }
    }

    /** A new leader is cut off when it has committed little. The one before, which does not know of it and may hold more, is back. */
    private void bringBackTheDeposed(long group, SimServer elected) {
        boolean isOther = cluster.servers().stream().anyMatch(server -> server != elected && server.isLeader(group));
        if (isOther) {
            soon(20e6, () -> {
                network.healAll();
                cutOff(Set.of((long) elected.id()));
            });
        }
    }

    /** When the new leader is elected while the old one cannot hear of it. */
    private void strikeAtHandOver(SimServer leader) {
        if (!stopped && world.chance(0.4)) {
            soon(() -> isolate(leader));
        }
    }

    /** Beside the faults, so that those meet changes that are under way. */
    private void changeMembers() {
        if (!stopped) {
            changes.changeSome();
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::changeMembers);
        }
    }

    /** Ends all harm and starts what is down. */
    void stop() {
        stopped = true;
        network.healAll();
        network.behave(SimWorld.millis(1), SimWorld.millis(1), false);
        for (SimServer server : cluster.servers()) {
            server.disk().setCapacityBytes(Long.MAX_VALUE);
            server.failAtNextStart(null, 0);
            if (server.isUp()) {
                server.life().unharm();
            }
            server.start();
        }
    }

    private void strike() {
        if (stopped) {
            return;
        }
        Fault fault = faults.get(world.random.nextInt(faults.size()));
        cluster.totals().faults++;
        world.mix(fault.ordinal());
        world.trace(() -> "fault " + fault);
        begin(fault);
        world.after(world.exponential(MEAN_PAUSE_NANOS), this::strike);
    }

    private void begin(Fault fault) {
        switch (fault) {
            case CRASH_ONE -> crash(some(1));
            case CRASH_LEADER -> crash(List.of(cluster.leaderOrAny()));
            case CRASH_MINORITY -> crash(some((servers - 1) / 2));
            case CRASH_MAJORITY -> crash(some(servers / 2 + 1));
            case CRASH_ALL -> crash(some(servers));
            case ISOLATE_LEADER -> isolate(cluster.leaderOrAny());
            case ISOLATE_ONE -> isolate(some(1).get(0));
            case SPLIT -> split();
            case ONE_WAY -> oneWay();
            case BRIDGE -> bridge();
            case FLAP -> flap(some(1).get(0).id(), 10);
            case LOSS -> lose();
            case RESET -> some(1).forEach(server -> network.resetAll(server.id()));
            case CLOG -> clog();
            case PAUSE -> pause();
            case SLOW_DISK -> slowDisk();
            case STALL_DISK -> stallDisk(world.chance(0.7) ? cluster.leaderOrAny() : some(1).get(0));
            case WALL_CLOCK -> jump();
            case TRANSFER -> transfer();
            case SHUT_DOWN -> shutDown(world.chance(0.5) ? cluster.leaderOrAny() : some(1).get(0));
            case FORGET -> forget();
            case LATE_ANSWERS -> answerLate();
            case CHANGE_MEMBERS -> changes.changeSome();
            case ABORT_CHANGE -> changes.abort();
            case BIT_ROT -> rot();
            case OLD_COPY -> bringBackOldCopy();
            case DISK_ERROR -> failDisk();
            case FULL_DISK -> fillDisk(world.chance(0.5) ? cluster.leaderOrAny() : some(1).get(0));
        }
    }

    private List<SimServer> some(int count) {
        List<SimServer> all = new ArrayList<>(cluster.servers());
        List<SimServer> chosen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chosen.add(all.remove(world.random.nextInt(all.size())));
        }
        return chosen;
    }

    /** All at the same moment, or each in the middle of one of its next disk operations. */
    void crash(List<SimServer> victims) {
        boolean inOperation = world.chance(0.7);
        for (SimServer victim : victims) {
            SimNode life = victim.life();
            if (life == null) {
                continue;
            }
            if (inOperation) {
                life.losePowerAfter(1 + world.random.nextInt(10));
                world.after(SimWorld.millis(300), () -> {
                    if (victim.life() == life && !stopped) {
                        victim.crash();
                    }
                });
            } else if (world.chance(0.5)) {
                victim.kill();
            } else {
                victim.crash();
            }
            restartLater(victim);
        }
    }

    private void restartLater(SimServer victim) {
        world.after(SimWorld.millis(400) + world.exponential(1.5e9), () -> {
            victim.start();
            SimNode life = victim.life();
            if (life != null && world.chance(0.2) && !stopped) {
                // Once more, while it catches up.
                life.losePowerAfter(1 + world.random.nextInt(20));
            }
        });
    }

    /** Power may also be lost later than planned here, or during a start, so someone must look. */
    void watch() {
        world.after(SimWorld.seconds(5), () -> {
            for (SimServer server : cluster.servers()) {
                if (!server.isUp()) {
                    server.start();
                }
            }
            watch();
        });
    }

    void healLater() {
        soon(3e9, () -> {
            world.trace(() -> "network heals");
            network.healAll();
        });
    }

    /** Its peers may see their connections break, or hear nothing more. */
    void isolate(SimServer victim) {
        if (world.chance(0.5)) {
            network.resetAll(victim.id());
        }
        network.isolate(victim.id());
        healLater();
    }

    private void split() {
        Set<Long> side = new TreeSet<>();
        some(1 + world.random.nextInt(servers - 1)).forEach(server -> side.add((long) server.id()));
        cutOff(side);
    }

    /** These servers and the others do not see each other for a while. */
    void cutOff(Set<Long> side) {
        network.pairsAcross(id -> side.contains(id)).forEach(pair -> network.cutBoth(pair[0], pair[1]));
        healLater();
    }

    private void oneWay() {
        int victim = some(1).get(0).id();
        boolean hears = world.chance(0.5);
        for (int other = 1; other <= servers; other++) {
            if (other != victim && world.chance(0.7)) {
                network.cut(hears ? victim : other, hears ? other : victim);
            }
        }
        healLater();
    }

    /** Two sides that do not see each other, and one server that sees both. */
    private void bridge() {
        int bridge = some(1).get(0).id();
        network.pairsAcross(id -> id % 2 == 0).stream()
                .filter(pair -> pair[0] != bridge && pair[1] != bridge)
                .forEach(pair -> network.cutBoth(pair[0], pair[1]));
        healLater();
    }

    private void flap(int victim, int times) {
        if (stopped) {
            return;
        }
        boolean cut = times % 2 == 0;
        for (int other = 1; other <= servers; other++) {
            if (cut) {
                network.cutBoth(victim, other);
            } else {
                network.heal(victim, other);
                network.heal(other, victim);
            }
        }
        if (times > 1) {
            world.after(SimWorld.millis(200), () -> flap(victim, times - 1));
        }
    }

    /** One way only: what the other one says comes late, after terms went by. Or both ways. */
    private void clog() {
        int one = cluster.leaderOrAny().id();
        if (world.chance(0.5)) {
            hang(one);
            return;
        }
        long until = world.nowNanos() + SimWorld.seconds(1) + world.exponential(3e9);
        for (int other = 1; other <= servers; other++) {
            if (other != one && world.chance(0.5)) {
                network.clog(other, one, until);
            }
        }
    }

    /** All its connections, both ways, each for about as long as an election takes. */
    private void hang(int one) {
        for (int other = 1; other <= servers; other++) {
            if (other != one) {
                network.clog(other, one, world.nowNanos() + SimWorld.millis(600) + world.exponential(600e6));
                network.clog(one, other, world.nowNanos() + SimWorld.millis(600) + world.exponential(600e6));
            }
        }
    }

    private void lose() {
        network.misbehave(0.01 + 0.4 * world.random.nextDouble(), world.chance(0.5) ? 0.2 : 0);
        world.after(world.exponential(3e9), () -> network.misbehave(0, 0));
    }

    private void pause() {
        SimServer victim = world.chance(0.5) ? cluster.leaderOrAny() : some(1).get(0);
        if (victim.isUp()) {
            long pause = SimWorld.millis(10) + world.exponential(1.2e9);
            // A machine that is suspended as a whole may find a clock that stood still with it, for most of the time.
            long counted = world.chance(0.5) ? COUNTED_PAUSE_NANOS : pause;
            victim.life().pause(pause, counted);
            if (world.chance(0.3)) {
                isolate(victim);
            }
        }
    }

    private void slowDisk() {
        for (SimServer victim : some(1 + world.random.nextInt(servers))) {
            SimNode life = victim.life();
            if (life != null) {
                life.forceTakes(world.exponential(200e6));
                world.after(world.exponential(3e9), life::unharm);
            }
        }
    }

    private void stallDisk(SimServer victim) {
        if (victim.isUp()) {
            cluster.totals().diskStalls++;
            victim.life().stallDisk(Math.min(SimWorld.seconds(15), SimWorld.millis(500) + world.exponential(4e9)));
        }
    }

    /** What leaders do to their members, and what is done to them then. */
    private final class Changes implements SimCluster.ChangeListener {
        private final MoveFaults moves = new MoveFaults(cluster, Nemesis.this, changes);

        @Override
        public void appended(long group, ReplicaId leader, long index, Configuration next) {
            if (cluster.goals() == null) {
                strikeAtChange(cluster.servers().get((int) leader.server() - 1));
            } else if (!stopped) {
                moves.appended(group, leader, index, next);
            }
        }

        @Override
        public void committed(long group, ReplicaId replica, long index) {
            if (cluster.goals() != null && !stopped) {
                moves.committed(group, replica, index);
            }
        }
    }

    /** The moment in which nobody but the leader has a configuration is too short to be met by chance. */
    private void strikeAtChange(SimServer leader) {
        if (stopped || !world.chance(0.2)) {
            return;
        }
        switch (world.random.nextInt(4)) {
            case 0 -> isolate(leader);
            case 1 -> split();
            case 2 -> soon(() -> isolate(leader));
            default -> soon(() -> crash(List.of(leader)));
        }
    }

    /** While a snapshot is on its way: at either side, at both, or at the leadership. */
    private void strikeAtTransfer(long group, SimServer receiver) {
        if (stopped || !world.chance(0.4)) {
            return;
        }
        soon(50e6, () -> {
            SimServer leader = cluster.leaderOrAny(group);
            switch (world.random.nextInt(6)) {
                case 0, 5 -> crash(List.of(receiver));
                case 1 -> crash(List.of(leader));
                case 2 -> crash(receiver == leader ? List.of(leader) : List.of(receiver, leader));
                case 3 -> isolate(leader);
                default -> network.reset(receiver.id(), leader.id());
            }
        });
    }

    private void soon(Runnable harm) {
        soon(5e6, harm);
    }

    /** Does harm after a while, unless there is peace by then. */
    void soon(double meanNanos, Runnable harm) {
        soonAfter(0, meanNanos, harm);
    }

    /** Likewise, but not before {@code nanos}. */
    void soonAfter(long nanos, double meanNanos, Runnable harm) {
        world.after(nanos + world.exponential(meanNanos), () -> {
            if (!stopped) {
                harm.run();
            }
        });
    }

    private void transfer() {
        SimServer leader = cluster.leaderOrAny();
        leader.transferLeadership(1, some(1).get(0));
        strikeAtHandOver(leader);
    }

    /** In good order: it hands over before it ends. */
    private void shutDown(SimServer victim) {
        SimNode life = victim.life();
        if (life == null) {
            return;
        }
        cluster.totals().shutdowns++;
        life.handOver(() -> soon(() -> {
            if (victim.life() == life) {
                victim.kill();
                restartLater(victim);
            }
        }));
    }

    /** The bits change while the server is down; it finds out when it starts. */
    private void rot() {
        SimServer victim = some(1).get(0);
        if (cluster.rot().permits(victim)) {
            victim.crash();
            cluster.rot().strike(victim);
            restartLater(victim);
        }
    }

    /** Beside the faults: there are several kinds. */
    private void keepFailing() {
        if (!stopped) {
            failDisk();
            world.after(2 * world.exponential(MEAN_PAUSE_NANOS), this::keepFailing);
        }
    }

    /** An operation fails, at once, in a while, or when the server starts. */
    private void failDisk() {
        SimServer victim = some(1).get(0);
        FaultDisk.Failure kind = FaultDisk.Failure.values()[world.random.nextInt(FaultDisk.Failure.values().length)];
        if (kind == FaultDisk.Failure.READ || world.chance(0.3)) {
            victim.failAtNextStart(kind, 1 + world.random.nextInt(kind == FaultDisk.Failure.READ ? 40 : 6));
            crash(List.of(victim));
        } else if (victim.isUp()) {
            victim.life().failDisk(kind, 1 + world.random.nextInt(8));
        }
    }

    /** Until somebody makes room. */
    private void fillDisk(SimServer victim) {
        if (victim.isUp()) {
            cluster.totals().fullDisks++;
            victim.disk()
                    .setCapacityBytes(victim.disk().usedBytes()
                            + SimNode.RESERVE_BYTES
                            - world.random.nextInt(SimNode.RESERVE_BYTES / 4));
            world.after(SimWorld.seconds(3) + world.exponential(3e9), () -> victim.disk()
                    .setCapacityBytes(Long.MAX_VALUE));
        }
    }

    private void keepCopying() {
        if (!stopped) {
            cluster.rot().copies().copy(some(1).get(0));
            world.after(world.exponential(MEAN_PAUSE_NANOS / 2), this::keepCopying);
        }
    }

    private void keepBringingBack() {
        if (!stopped) {
            bringBackOldCopy();
            world.after(world.exponential(MEAN_PAUSE_NANOS), this::keepBringingBack);
        }
    }

    /** Whose comes first in a random order. */
    private void bringBackOldCopy() {
        for (SimServer victim : some(servers)) {
            if (cluster.rot().forget(victim)) {
                restartLater(victim);
                return;
            }
        }
    }

    private void jump() {
        SimServer victim = some(1).get(0);
        if (victim.isUp()) {
            victim.life().jumpWallClock(world.between(-3_600_000, 3_600_000));
        }
    }
}
