package io.raftkv.raft.sim;

import io.raftkv.raft.StateMachine;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * One run: a while of faults under load, with every safety property checked as it goes; then peace, in which the cluster
 * must come back; then the history, which must be linearizable.
 */
final class Simulation<M extends StateMachine, I> {
    private static final long PEACE_NANOS = SimWorld.seconds(60);
    private static final long QUIET_NANOS = SimWorld.seconds(15);
    /** Groups that sleep do so after half of it. */
    private static final long REST_NANOS = SimWorld.seconds(3);

    private static final long GLANCE_NANOS = SimWorld.millis(100);
    /** Between two reads of a client that stays at its server: there are some in each moment that matters. */
    private static final double LEASE_READ_NANOS = 15e6;

    private final SimWorld world;
    private final Workload<M, I> workload;
    private final Swarm swarm;
    private final Totals totals = new Totals();
    private final SimCluster cluster;
    private final Nemesis nemesis;
    private final MemberChanges changes;
    /** By group: they are separate machines. */
    private final SortedMap<Long, List<Operation<I>>> histories = new TreeMap<>();

    private final List<SimClient<M, I>> clients = new ArrayList<>();
    private final List<SimSessions> sessions = new ArrayList<>();

    /** @param trace where to tell what happens, or null */
    Simulation(Workload<M, I> workload, long seed, PrintStream trace) {
        this(workload, new SimWorld(seed, trace), Swarm::of);
    }

    Simulation(Workload<M, I> workload, SimWorld world, Function<SimWorld, Swarm> swarm) {
        this.workload = workload;
        this.world = world;
        this.swarm = swarm.apply(world);
        world.trace(this.swarm::toString);
        this.cluster = new SimCluster(world, workload, this.swarm, totals);
        this.changes = cluster.changes();
        this.nemesis = new Nemesis(cluster, changes);
        double thinkNanos = this.swarm.thinkMs() * 1e6;
        for (int id = 0; id < this.swarm.clients(); id++) {
            long group = 1 + id % this.swarm.groups();
            clients.add(client(id, group, thinkNanos, false));
        }
        for (int id = 0; this.swarm.leases() && id < this.swarm.servers(); id++) {
            clients.add(client(clients.size(), 1, LEASE_READ_NANOS, true));
        }
        for (int id = 0; workload instanceof SessionWorkload && id < SimSessions.CLIENTS; id++) {
            sessions.add(new SimSessions(cluster, id, 3 * thinkNanos));
        }
    }

    private SimClient<M, I> client(int id, long group, double thinkNanos, boolean stays) {
        List<Operation<I>> history = histories.computeIfAbsent(group, unused -> new ArrayList<>());
        return new SimClient<>(
                world, workload, id, group, cluster.servers(), thinkNanos, swarm.naps(), stays, history, totals);
    }

    /** Returns how much happened; throws {@link SimFailure} if anything was wrong. */
    Totals run() {
        cluster.start();
        clients.forEach(SimClient::start);
        sessions.forEach(SimSessions::start);
        nemesis.start();
        nemesis.watch();
        world.run(SimWorld.seconds(swarm.faultySeconds()));
        world.trace(() -> "peace");
        nemesis.stop();
        if (swarm.rot() == BitRot.Extent.ANY) {
            // Whether a leader is left is a matter of luck.
            clients.forEach(SimClient::stop);
            world.run(QUIET_NANOS);
        } else {
            comeBack();
        }
        if (workload.model() != null) {
            for (List<Operation<I>> history : histories.values()) {
                LinearizabilityChecker.check(history, workload.model()).ifPresent(wrong -> {
                    throw world.failure(wrong);
                });
            }
        }
        totals.events = world.executed();
        totals.simulatedNanos = world.elapsedNanos();
        return totals;
    }

    long traceHash() {
        return world.hash();
    }

    /** Liveness: what was begun ends, each group takes a write and a read on every server's word, all states are equal. */
    private void comeBack() {
        long deadline = world.nowNanos() + PEACE_NANOS;
        clients.forEach(SimClient::stop);
        sessions.forEach(SimSessions::stop);
        await(deadline, "open operations do not end", () -> clients.stream().allMatch(SimClient::isIdle));
        await(deadline, "requests are not answered", () -> clients.stream().allMatch(SimClient::isAnswered));
        await(deadline, "sessions do not end", () -> sessions.stream().allMatch(SimSessions::isIdle));
        if (swarm.faults().contains(Nemesis.Fault.CHANGE_MEMBERS)) {
            // So that all states can be compared; and the last change of all must come to its end.
            changes.settle();
            await(deadline, "the last change of members does not end", changes::isSettled);
        }
        boolean asked = true;
        for (int number = 0; asked; number++) {
            asked = false;
            for (SimClient<M, I> client : clients) {
                asked |= finish(deadline, client, number);
            }
        }
        await(deadline, "replicas do not get equal", cluster::agrees);
        if (swarm.prefersLeaders()) {
            nemesis.preferSome();
            await(deadline, "the preferred replicas do not lead", cluster::isLedAsPreferred);
        }
        await(deadline, "not all damage is repaired", cluster.rot()::isRepaired);
        if (!sessions.isEmpty()) {
            SimMachine any = (SimMachine) cluster.copies(1).get(0).watched();
            sessions.forEach(client -> client.check(any.kv()));
        }
        loseSleepingLeader(deadline);
        new Trials(cluster, new TrialRun()).runSome();
        deadline = world.nowNanos() + PEACE_NANOS;
        await(deadline, "memory is held though nobody waits for anything", cluster::holdsNothing);
    }

    /** A leader is gone while nobody asks for anything: the others must find out by themselves. */
    private void loseSleepingLeader(long deadline) {
        world.run(REST_NANOS);
        SimServer leader = cluster.leaderOrAny(1);
        int voters = leader.isLeader(1)
                ? leader.life().group(1).status().configuration().voters().size()
                : 0;
        if (voters < 3) {
            return;
        }
        world.trace(() -> leader + " is cut off from all others");
        cluster.network().isolate(leader.id());
        await(deadline, "nobody leads in place of " + leader + ", which was cut off", () -> cluster.servers().stream()
                .anyMatch(server -> server != leader && server.isLeader(1)));
        cluster.network().healAll();
        await(deadline, "replicas do not get equal after they lost " + leader, cluster::agrees);
    }

    /** Gives each trial, and each step of one, as much time as peace as a whole has. */
    private final class TrialRun implements Trials.Run {
        private static final int WRITES = 3;
        private static final long BETWEEN_NANOS = 5_000_000;

        private List<SimClient<M, I>> askers() {
            return clients.stream()
                    .filter(client -> client.group() == 1 && !client.stays())
                    .limit(WRITES)
                    .toList();
        }

        @Override
        public void await(String what, BooleanSupplier condition) {
            Simulation.this.await(world.nowNanos() + PEACE_NANOS, what, condition);
        }

        @Override
        public void write() {
            askers().forEach(client -> finish(world.nowNanos() + PEACE_NANOS, client, 0));
        }

        @Override
        public void ask(SimServer server) {
            for (SimClient<M, I> client : askers()) {
                I input = workload.last(client, 0);
                if (input != null) {
                    client.run(input, server);
                    world.run(BETWEEN_NANOS);
                }
            }
        }

        @Override
        public void awaitCalm() {
            await("open operations do not end", () -> clients.stream().allMatch(SimClient::isIdle));
            await("requests are not answered", () -> clients.stream().allMatch(SimClient::isAnswered));
            if (swarm.faults().contains(Nemesis.Fault.CHANGE_MEMBERS)) {
                await("groups do not settle", changes::isSettled);
            }
        }
    }

    /** Has the client ask until it is known to be done; false if it has nothing to ask. */
    private boolean finish(long deadline, SimClient<M, I> client, int number) {
        long before = client.answers();
        while (client.answers() == before) {
            I input = client.stays() ? null : workload.last(client, number);
            if (input == null) {
                return false;
            }
            client.run(input);
            await(deadline, input + " does not end", client::isIdle);
        }
        return true;
    }

    private void await(long deadline, String what, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (world.nowNanos() >= deadline) {
                throw world.failure("liveness: " + what + " within " + PEACE_NANOS / 1_000_000_000
                        + " s of peace; states:\n" + cluster.digests());
            }
            world.run(GLANCE_NANOS);
        }
    }
}
