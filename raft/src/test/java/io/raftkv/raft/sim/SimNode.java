package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Effect.HandsOver.Motive;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.driver.NodeStatus;
import io.raftkv.raft.driver.RaftNode;
import io.raftkv.raft.driver.RaftNodeOptions;
import io.raftkv.raft.driver.RaftObserver;
import io.raftkv.raft.driver.RaftOptions;
import io.raftkv.raft.driver.SnapshotOptions;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.session.SessionExpiry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One life of a server: a real {@link RaftNode} on simulated threads, network and disk. */
final class SimNode {
    private static final String CLUSTER_ID = "simulation";
    private static final int HAND_OVER_MS = 2000;
    /** A server whose disk failed must have stopped after so long, however slow or paused it is. */
    private static final long STOPS_WITHIN_NANOS = SimWorld.seconds(20);
    /** Kept free for terms and votes. */
    static final int RESERVE_BYTES = 32 << 10;

    private final SimCluster cluster;
    private final SimWorld world;
    private final int server;
    private final SimProcess process;
    private final FaultDisk disk;
    private final SimLoop loop;
    private final SimThread log;
    private final SimThread background;
    private final Map<Long, WatchedMachine> machines = new TreeMap<>();
    private final Map<Long, RaftGroup> groups = new TreeMap<>();
    /** The replicas that are being dropped, or were, by group. */
    private final Map<Long, ReplicaId> dropping = new TreeMap<>();
    /** By group, what the embedder has beside the replica, if there is one. */
    private final Map<Long, Embedder.Attendant> attendants = new TreeMap<>();
    /** Null if this server opens what it is told to open. */
    private final SimMover mover;

    private RaftNode node;
    private boolean hasStopped;
    /** The groups that were opened in this life. */
    private final Set<Long> recovered = new HashSet<>();

    private final List<Runnable> onDeath = new ArrayList<>();

    SimNode(SimCluster cluster, int server, String name, SimDisk disk, Runnable powerLoss) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.server = server;
        // As wrong as leases allow.
        double rate = cluster.swarm().clocksDrift() ? 0.95 + 0.05 * world.random.nextInt(3) : 1;
        this.process = new SimProcess(name, rate, world.between(-1000, 1000));
        this.disk = new FaultDisk(world, process, disk, normalForceNanos(), powerLoss);
        this.loop = new SimLoop(world, process, "loop");
        this.log = new SimThread(world, process, "log");
        this.background = new SimThread(world, process, "background");
        this.mover = cluster.goals() == null ? null : new SimMover(cluster, this, server);
    }

    private double normalForceNanos() {
        return cluster.swarm().forceMs() * 1e6;
    }

    /** Opens the node and its groups; throws {@link PowerLoss} if the process dies over it. */
    void open() throws IOException {
        node = RaftNode.open(RaftNodeOptions.of(
                        server,
                        CLUSTER_ID,
                        disk,
                        List.of(loop),
                        log,
                        background,
                        cluster.network().attach(process, server))
                .raft(raftOptions())
                .log(logOptions(cluster.swarm()))
                .snapshots(SnapshotOptions.DEFAULT
                        .with()
                        .windowChunks(cluster.swarm().snapshotWindowChunks())
                        .bytesPerSecond(cluster.swarm().snapshotBytesPerSecond())
                        .build())
                .seed(world.random.nextLong())
                .observer(new Observer())
                .onInvited(this::invited)
                .onFailure(this::failed)
                .build());
        for (long group : cluster.groups()) {
            long incarnation = node.incarnationOnDisk(group);
            boolean isFounder = cluster.genesisFor(server) != null && node.droppedIncarnation(group) == 0;
            if (incarnation > 0) {
                openReplica(group, incarnation);
            } else if (mover == null || isFounder) {
                openReplica(group, node.droppedIncarnation(group) + 1);
            }
        }
        if (mover != null) {
            mover.start();
        }
    }

    private void invited(long group, ReplicaId replica) {
        if (mover != null) {
            mover.invited(group, replica);
        }
    }

    /** Opens a replica that its leader fills. */
    void openAdded(long group, ReplicaId replica) {
        world.trace(() -> process + " group " + group + " opens " + replica);
        try {
            openReplica(group, replica.incarnation());
        } catch (IOException damaged) {
            throw world.failure(this + " cannot open " + replica + ": " + damaged.getMessage());
        }
    }

    private void openReplica(long group, long incarnation) throws IOException {
        ReplicaId self = new ReplicaId(server, incarnation);
        cluster.servers().get(server - 1).opens(group, incarnation);
        WatchedMachine machine = WatchedMachine.of(
                cluster.workload(), loop, cluster.swarm().applyMs() * 1e6, new MachineListener(group, self));
        machines.put(group, machine);
        RaftGroup opened = node.openGroup(group, self, incarnation == 1 ? cluster.genesisFor(server) : null, machine);
        machine.opened();
        cluster.invariants(group).opened(self, opened.status());
        groups.put(group, opened);
        cluster.tellPreferred(group, opened);
        embed(cluster.workload(), opened, machine);
        if (machine.watched() instanceof SimMachine withSessions) {
            SessionExpiry.start(opened, withSessions.sessions(), SimSessions.TTL_MS);
        }
    }

    /** All replicas run the machine of the workload. */
    @SuppressWarnings("unchecked")
    private <M extends StateMachine> void embed(Workload<M, ?> workload, RaftGroup group, WatchedMachine machine) {
        Embedder<M> embedder = workload.embedder();
        if (embedder != null) {
            loop.execute(() -> attendants.put(group.id(), embedder.opened(group, (M) machine.watched())));
        }
    }

    /** Asks the embedder for something, on the loop; it may not have come so far. */
    void attend(long group, Consumer<Embedder.Attendant> wish) {
        Embedder.Attendant attendant = attendants.get(group);
        if (attendant != null) {
            wish.accept(attendant);
        }
    }

    /** The replica was told that it left: some time later its data goes, and another one waits to be brought in. */
    void dropLater(long group, ReplicaId self) {
        later(world.exponential(1e9), () -> {
            RaftGroup open = groups.get(group);
            if (open != null && self.equals(open.self()) && !isDropping(group)) {
                dropping.put(group, self);
                cluster.invariants(group).dropped(self);
                node.dropGroup(group)
                        .whenComplete((done, failure) -> loop.execute(() -> dropped(group, self, failure)));
            }
        });
    }

    long droppedIncarnation(long group) {
        return node.droppedIncarnation(group);
    }

    boolean isDropping(long group) {
        return groups.get(group).self().equals(dropping.get(group));
    }

    /** Runs {@code task} on the loop after a while, unless the process dies before. */
    void later(long nanos, Runnable task) {
        world.at(world.nowNanos() + nanos, process, () -> loop.execute(task));
    }

    private void dropped(long group, ReplicaId dropped, Throwable failure) {
        if (failure != null && (disk.mustStop() || FaultDisk.isError(failure) || noRoom(failure))) {
            // The next life sees to it.
            world.trace(() -> process + " group " + group + " could not drop " + dropped + ": " + failure);
            endSoon();
            return;
        }
        if (failure != null) {
            throw world.failure(dropped + " could not be dropped: " + failure);
        }
        world.trace(() -> process + " group " + group + " dropped " + dropped);
        cluster.totals().replicasDropped++;
        if (mover == null) {
            openAdded(group, new ReplicaId(server, dropped.incarnation() + 1));
        } else {
            groups.remove(group);
            machines.remove(group);
        }
    }

    private RaftOptions raftOptions() {
        Swarm swarm = cluster.swarm();
        CoreOptions core = CoreOptions.DEFAULT
                .with()
                // Servers of two releases may see it differently.
                .maxJoining(1 + world.random.nextInt(swarm.maxJoining()))
                .maxAppendBytes(swarm.maxAppendBytes())
                .maxInflightMessages(swarm.maxInflight())
                .sleepAfterMs(swarm.sleepAfterMs())
                .cacheBytes(swarm.cacheBytes())
                .maxUnappliedBytes(swarm.maxUnappliedBytes())
                .tailBytes(swarm.tailBytes())
                .lagBytes(swarm.lagBytes())
                .build();
        return RaftOptions.DEFAULT
                .with()
                .core(core)
                .maxCommandBytes(1 << 20)
                .maxPendingBytes(1 << 20)
                .maxLogQueueBytes(1 << 20)
                .maxCachedBytes(swarm.cacheBytes())
                .maxPeerQueueBytes(swarm.maxPeerQueueBytes())
                .snapshotThresholdBytes(swarm.snapshotEveryBytes())
                .snapshotChunkBytes(swarm.snapshotChunkBytes())
                .applyBudgetBytes(swarm.applyBudgetBytes())
                .lifeStretchMs(swarm.lifeStretchMs())
                .build();
    }

    private static LogOptions logOptions(Swarm swarm) {
        return new LogOptions(swarm.segmentBytes(), 4 << 10, swarm.preallocateBytes(), 2, failure -> {})
                .withReserveBytes(RESERVE_BYTES)
                .withMaxSegments(swarm.maxSegments());
    }

    private void failed(Throwable cause) {
        if (!process.alive()) {
            return;
        }
        if (disk.mustStop() || FaultDisk.isError(cause) || noRoom(cause)) {
            world.trace(() -> process + " stops: " + cause);
            cluster.totals().stopsByDisk++;
            hasStopped = true;
            endSoon();
            return;
        }
        SimFailure failure = world.failure(process + " stopped itself: " + cause);
        failure.initCause(cause);
    }

    private void endSoon() {
        SimServer owner = cluster.servers().get(server - 1);
        world.after(world.exponential(5e6), () -> {
            if (owner.life() == this) {
                owner.kill();
            }
        });
    }

    private static boolean noRoom(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("no space left")
                || String.valueOf(cause.getMessage()).contains("there is no room left");
    }

    /** The {@code count}-th operation from now on that is of that kind fails. */
    void failDisk(FaultDisk.Failure kind, int count) {
        disk.failAfter(kind, count, () -> {
            cluster.totals().diskErrors[kind.ordinal()]++;
            if (disk.mustStop()) {
                world.after(STOPS_WITHIN_NANOS, () -> {
                    if (process.alive() && !hasStopped) {
                        throw world.failure("disk error: " + this + " goes on after an error of its disk");
                    }
                });
            }
        });
    }

    /** Whether this life ends, or could not begin, for an error of its disk. */
    boolean wasDiskAtFault() {
        return disk.hasFailed();
    }

    /** What the commands of clients hold of the memory. */
    long heldBytes() {
        return node.status().heldBytes();
    }

    /** What the entries in memory take that need not be there: those of groups that sleep. */
    long idleCachedBytes() {
        NodeStatus status = node.status();
        return status.sleepingGroups() == status.groups() ? status.cachedBytes() : 0;
    }

    boolean isAlive() {
        return process.alive();
    }

    boolean isRecovering() {
        return groups.values().stream().anyMatch(group -> group.status().isRecovering());
    }

    boolean isLeader(long groupId) {
        RaftGroup group = groups.get(groupId);
        return group != null && group.isLeader();
    }

    boolean holdsLease(long groupId) {
        return groups.get(groupId).status().holdsLease();
    }

    /** Another replica was elected in {@code term}: this one must not be able to read without asking. */
    void checkLease(long groupId, long term) {
        if (process.isPaused(world.nowNanos())) {
            return;
        }
        loop.execute(() -> {
            RaftGroup group = groups.get(groupId);
            GroupStatus status = group == null ? null : group.status();
            if (status != null && status.holdsLease() && status.term() < term) {
                throw world.failure("lease: " + this + " holds one in term " + status.term() + " of group " + groupId
                        + " after another replica was elected in term " + term);
            }
        });
    }

    /** Null if this server has no replica of it. */
    RaftGroup group(long groupId) {
        return groups.get(groupId);
    }

    /** Likewise. */
    WatchedMachine machine(long groupId) {
        return machines.get(groupId);
    }

    /** What is committed in the group, as far as anybody knows. */
    long committedIndex(long groupId) {
        return cluster.invariants(groupId).committedIndex();
    }

    /** A read is about to be answered that came when {@code index} was committed. */
    void reads(long groupId, long index) {
        cluster.invariants(groupId).read(groups.get(groupId).self(), index);
    }

    /** Runs {@code request} on the loop of the group, unless the process dies before. */
    void serve(Consumer<SimNode> request) {
        loop.execute(() -> request.accept(this));
    }

    /** Runs {@code task} when the process dies. */
    void onDeath(Runnable task) {
        onDeath.add(task);
    }

    void kill() {
        process.kill();
        onDeath.forEach(task -> world.after(world.exponential(1e6), task));
        onDeath.clear();
    }

    /** Hands over what it leads, as before an orderly stop, which {@code ended} then is. */
    void handOver(Runnable ended) {
        loop.execute(() -> {
            long led = leading();
            node.handOverLeadership(HAND_OVER_MS).thenAccept(left -> {
                if (left == 0 && leading() > 0) {
                    throw world.failure(this + " says that it handed over all groups and leads one");
                }
                cluster.totals().groupsHandedOver += led - left;
                world.trace(() -> this + " handed over all but " + left + " of " + led + " groups");
                ended.run();
            });
        });
    }

    private long leading() {
        return groups.values().stream()
                .filter(group -> group.status().role() == Role.LEADER)
                .count();
    }

    void losePowerAfter(int operations) {
        disk.losePowerAfter(operations);
    }

    void forceTakes(double nanos) {
        disk.forceTakes(nanos);
    }

    /** From now on the log is written that much later than it could be. */
    void delayLog(long nanos) {
        log.lag(nanos);
    }

    /** From now on all that is done in the background is done that much later. */
    void delayBackground(long nanos) {
        background.lag(nanos);
    }

    /** To give its name to the next snapshot that was received takes {@code nanos}; {@code then} runs when that begins. */
    void delayReceived(long nanos, Runnable then) {
        disk.stallReceived(nanos, then);
    }

    /** The next sync takes {@code nanos}. */
    void stallDisk(long nanos) {
        disk.stall(nanos);
    }

    /** @param countedNanos how much of it the monotonic clock of the machine counts */
    void pause(long nanos, long countedNanos) {
        process.pause(world.nowNanos(), nanos, countedNanos);
    }

    void jumpWallClock(long ms) {
        process.jumpWallClock(ms);
    }

    /** Back to normal: no armed power loss, no slow disk, no pause. */
    void unharm() {
        disk.forceTakes(normalForceNanos());
        disk.losePowerAfter(-1);
        disk.failAfter(null, 0, () -> {});
        process.resume(world.nowNanos());
    }

    @Override
    public String toString() {
        return process.toString();
    }

    /** Passes on what the machine of a living process reports. */
    private final class MachineListener implements WatchedMachine.Listener {
        private final long group;
        private final ReplicaId self;

        MachineListener(long group, ReplicaId self) {
            this.group = group;
            this.self = self;
        }

        @Override
        public void result(long index, int ordinal, Object result) {
            if (process.alive()) {
                cluster.invariants(group).result(self, index, ordinal, result);
            }
        }

        @Override
        public void state(long index, int ordinal, long hash) {
            if (process.alive()) {
                cluster.invariants(group).state(self, index, ordinal, hash);
            }
        }
    }

    /** Passes on what a living process reports. */
    private final class Observer implements RaftObserver {
        private void heard(long group, Supplier<String> what, Consumer<Invariants> check) {
            if (process.alive()) {
                world.trace(() -> process + " group " + group + " " + what.get());
                check.accept(cluster.invariants(group));
            }
        }

        @Override
        public void becameLeader(long group, ReplicaId self, long term, long lastIndex) {
            heard(
                    group,
                    () -> "leads term " + term + " from " + lastIndex,
                    checks -> checks.becameLeader(
                            self, term, groups.get(group).status().configuration()));
            if (process.alive()) {
                cluster.leads(group, server, term);
                if (mover != null) {
                    mover.leads(group);
                }
            }
        }

        @Override
        public void steppedDown(long group, ReplicaId self, long term) {
            heard(group, () -> "steps down in term " + term, checks -> checks.steppedDown(self));
        }

        @Override
        public void handsOver(long group, ReplicaId self, ReplicaId to, Motive motive) {
            heard(
                    group,
                    () -> "hands over to " + to + ": " + motive,
                    checks -> cluster.handsOver(group, self, to, motive));
        }

        @Override
        public void voted(long group, ReplicaId self, long term, ReplicaId candidate) {
            heard(group, () -> "votes for " + candidate + " in term " + term, checks -> {
                if (candidate.equals(self)) {
                    checks.stands(self, term);
                    cluster.campaigns(server);
                }
            });
        }

        @Override
        public void appended(long group, ReplicaId self, Entry entry) {
            heard(group, () -> "appends " + entry, checks -> checks.appended(self, entry));
            if (entry.type() == Entry.Type.CONFIGURATION
                    && groups.get(group).status().role() == Role.LEADER) {
                cluster.changes(
                        group,
                        self,
                        entry.index(),
                        ConfigurationCodec.decode(entry.payload().asByteBuffer()));
            }
        }

        @Override
        public void truncated(long group, ReplicaId self, long from) {
            heard(group, () -> "cuts its log at " + from, checks -> checks.truncated(self, from));
        }

        @Override
        public void committed(long group, ReplicaId self, long commitIndex) {
            heard(group, () -> "commits " + commitIndex, checks -> {
                GroupStatus status = groups.get(group).status();
                checks.leaderCounts(self, status.term(), status.matchIndex());
                checks.committed(self, commitIndex);
                cluster.commits(group, self, commitIndex);
            });
        }

        @Override
        public void applied(long group, ReplicaId self, Entry entry) {
            heard(group, () -> "applied " + entry, checks -> checks.applied(self, entry));
        }

        @Override
        public void slept(long group, ReplicaId self) {
            heard(group, () -> "sleeps", checks -> {
                GroupStatus status = groups.get(group).status();
                if (status.role() == Role.LEADER) {
                    checks.letsSleep(self, status.term(), status.configuration().members());
                }
                cluster.sleeps(group, server);
            });
        }

        @Override
        public void woke(long group, ReplicaId self) {
            heard(group, () -> "wakes up", checks -> cluster.totals().wakes++);
        }

        @Override
        public void snapshotTaken(long group, ReplicaId self, SnapshotMeta meta) {
            heard(group, () -> "took snapshot " + meta.index(), checks -> checks.snapshotTaken(self, meta));
        }

        @Override
        public void snapshotReceiving(long group, ReplicaId self, SnapshotMeta meta, long offset) {
            heard(group, () -> "receives snapshot " + meta.index() + " from byte " + offset + " on", checks -> {
                cluster.totals().transfers++;
                cluster.totals().resumedTransfers += offset > 0 ? 1 : 0;
                cluster.receivesSnapshot(group, server);
            });
        }

        @Override
        public void snapshotInstalled(long group, ReplicaId self, SnapshotMeta meta) {
            heard(group, () -> "installed snapshot " + meta.index(), checks -> checks.snapshotInstalled(self, meta));
        }

        @Override
        public void configurationChanged(long group, ReplicaId self, long index, Configuration configuration) {
            heard(group, () -> "has at " + index + " " + configuration, checks -> {});
        }

        @Override
        public void removed(long group, ReplicaId self, long index) {
            heard(group, () -> "was removed at " + index, checks -> {
                cluster.totals().removals++;
                checks.left(self);
            });
            if (cluster.workload().embedder() == null) {
                dropLater(group, self);
            }
        }

        @Override
        public void recovering(long group, ReplicaId self) {
            cluster.totals().damagedReplicas++;
            if (process.alive() && !cluster.rot().mayLack(server, recovered.contains(group))) {
                throw world.failure("false alarm: " + process + ": its disk lost nothing; it says "
                        + cluster.servers().get(server - 1).damageTexts());
            }
            cluster.servers().get(server - 1).isFoundIncomplete();
            heard(group, () -> "lost what it had promised", checks -> checks.forgot(self));
        }

        @Override
        public void recoveryEnded(long group, ReplicaId self) {
            cluster.totals().recoveries++;
            heard(group, () -> "has recovered", checks -> {});
        }

        @Override
        public void recovered(long group, ReplicaId self, HardState state, LogPosition start, List<Entry> entries) {
            recovered.add(group);
            heard(
                    group,
                    () -> "recovered " + state + ", " + entries.size() + " entries after " + start,
                    checks -> checks.recovered(self, state, start, entries));
        }

        @Override
        public void paused(long group, ReplicaId self, long lateNanos) {
            heard(group, () -> "stood still for " + lateNanos / 1_000_000 + " ms", checks -> cluster.totals().pauses++);
        }

        @Override
        public void dropped(String why) {
            world.trace(() -> process + " drops: " + why);
            if (why.contains("its disk lost")) {
                // Disks keep here what was synced, and the checks would have seen one that does not.
                throw world.failure("false alarm: " + process + ": " + why);
            }
        }
    }
}
