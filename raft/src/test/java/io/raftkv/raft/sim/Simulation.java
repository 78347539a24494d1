package io.raftkv.raft.sim;

import io.raftkv.raft.sim.KvCommand.Kind;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One run: a while of faults under load, with every safety property checked as it goes; then peace, in which the cluster
 * must come back; then the history, which must be linearizable.
 */
final class Simulation {
    private static final long FAULTY_NANOS = SimWorld.seconds(60);
    private static final long PEACE_NANOS = SimWorld.seconds(60);
    private static final long GLANCE_NANOS = SimWorld.millis(100);

    private final SimWorld world;
    private final Swarm swarm;
    private final Totals totals = new Totals();
    private final SimCluster cluster;
    private final Nemesis nemesis;
    private final SimChanges changes;
    private final List<Operation> history = new ArrayList<>();
    private final List<SimClient> clients = new ArrayList<>();

    /** @param trace where to tell what happens, or null */
    Simulation(long seed, PrintStream trace) {
        this.world = new SimWorld(seed, trace);
        this.swarm = Swarm.of(world);
        world.trace(swarm::toString);
        this.cluster = new SimCluster(world, swarm, totals);
        this.changes = new SimChanges(cluster);
        this.nemesis = new Nemesis(cluster, changes);
        for (int id = 0; id < swarm.clients(); id++) {
            long group = 1 + id % swarm.groups();
            clients.add(new SimClient(world, id, group, cluster.servers(), swarm.thinkMs() * 1e6, history, totals));
        }
    }

    /** Returns how much happened; throws {@link SimFailure} if anything was wrong. */
    Totals run() {
        cluster.start();
        clients.forEach(SimClient::start);
        nemesis.start();
        nemesis.watch();
        world.run(FAULTY_NANOS);
        world.trace(() -> "peace");
        nemesis.stop();
        comeBack();
        LinearizabilityChecker.check(history).ifPresent(wrong -> {
            throw world.failure(wrong);
        });
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
        await(deadline, "open operations do not end", () -> clients.stream().allMatch(SimClient::isIdle));
        if (swarm.faults().contains(Nemesis.Fault.CHANGE_MEMBERS)) {
            // So that all states can be compared; and the last change of all must come to its end.
            changes.bringInAll();
            await(deadline, "the last change of members does not end", changes::allAreIn);
        }
        for (SimClient client : clients) {
            finish(deadline, client, new KvCommand(Kind.APPEND, client.key(0), "last" + clients.indexOf(client), null));
        }
        for (SimClient client : clients) {
            for (int key = 0; key < 3; key++) {
                finish(deadline, client, new KvCommand(Kind.GET, client.key(key), null, null));
            }
        }
        await(deadline, "replicas do not get equal", cluster::agrees);
    }

    /** Runs {@code command} until it is known to be done; an unknown outcome is followed by another try. */
    private void finish(long deadline, SimClient client, KvCommand command) {
        long before;
        KvCommand next = command;
        int tries = 0;
        do {
            before = client.answers();
            client.run(next);
            await(deadline, command + " does not end", client::isIdle);
            tries++;
            if (command.value() != null) {
                next = new KvCommand(command.kind(), command.key(), command.value() + "x" + tries, null);
            }
        } while (client.answers() == before);
    }

    private void await(long deadline, String what, java.util.function.BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (world.nowNanos() >= deadline) {
                throw world.failure("liveness: " + what + " within " + PEACE_NANOS / 1_000_000_000
                        + " s of peace; states:\n" + cluster.digests());
            }
            world.run(GLANCE_NANOS);
        }
    }
}
