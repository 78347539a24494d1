package io.raftkv.raft.sim;

import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * A thread of a simulated process: runs what it is given one task after the other. What another thread hands over arrives
 * after a random delay, in order per giver but not between givers, so that the orders which real threads could produce
 * are explored.
 */
class SimThread implements Executor {
    private static final long HAND_OVER_NANOS = 5_000;
    private static final long TASK_NANOS = 2_000;

    final SimWorld world;
    final SimProcess process;
    private final String name;
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    /** Looked up only, never walked: its order would differ between runs. */
    private final Map<Object, Long> lastArrivals = new IdentityHashMap<>();

    /** From the planning of a turn to its end. */
    private boolean busy;

    private long freeAt;
    private long cost;
    private long lagNanos;

    SimThread(SimWorld world, SimProcess process, String name) {
        this.world = world;
        this.process = process;
        this.name = name;
    }

    @Override
    public void execute(Runnable task) {
        SimThread giver = world.current();
        if (giver == this) {
            arrived(task);
            return;
        }
        if (!process.alive()) {
            return;
        }
        Object source = giver == null ? this : giver;
        long sent = world.nowNanos() + (giver == null ? 0 : giver.cost);
        Long last = lastArrivals.get(source);
        long arrival = Math.max(last == null ? 0 : last, sent + lagNanos + world.exponential(HAND_OVER_NANOS));
        lastArrivals.put(source, arrival);
        world.at(arrival, process, () -> arrived(task));
    }

    /** What is given from now on arrives {@code nanos} later. */
    void lag(long nanos) {
        lagNanos = nanos;
    }

    /** The running task takes {@code nanos} longer; what it hands over leaves after them. */
    void spend(long nanos) {
        cost += nanos;
    }

    /** How long the running task takes as far as is known. */
    long cost() {
        return cost;
    }

    final void arrived(Runnable task) {
        queue.add(task);
        if (busy) {
            return;
        }
        if (freeAt <= world.nowNanos() && world.current() == null) {
            busy = true;
            turn();
        } else {
            planTurn();
        }
    }

    private void planTurn() {
        busy = true;
        world.at(freeAt, process, this::turn);
    }

    private void turn() {
        Runnable task = queue.remove();
        world.enter(this);
        cost = world.exponential(TASK_NANOS);
        try {
            task.run();
        } catch (PowerLoss dead) {
            // The crash itself was done by whoever pulled the plug.
            queue.clear();
        } finally {
            world.enter(null);
        }
        freeAt = world.nowNanos() + cost;
        cost = 0;
        busy = false;
        if (process.alive() && !queue.isEmpty()) {
            planTurn();
        }
    }

    @Override
    public final String toString() {
        return process + "/" + name;
    }
}
