package io.raftkv.raft.sim;

import java.util.EnumSet;
import java.util.Set;

/**
 * What one run is like: each seed switches on a random subset of faults and picks its own sizes, because a run with
 * everything on hides what needs quiet, and a run with the same sizes finds the same things.
 *
 * @param faultySeconds how long faults strike; many short runs show more than few long ones, but not all
 * @param naps whether nobody asks for anything every other while, so that groups sleep
 * @param prefersLeaders whether the replicas are told who should lead, and of another one from time to time
 * @param leases whether leaders may serve reads by a lease
 * @param moves whether groups follow goals ({@link SimGoals}) and nobody asks for changes of members, unless there is an {@link
 *     Embedder}
 * @param firstVoters of the servers; the others are brought in and out by changes of members
 */
record Swarm(
        int servers,
        int firstVoters,
        boolean moves,
        int maxJoining,
        int groups,
        int clients,
        double thinkMs,
        boolean naps,
        int sleepAfterMs,
        Set<Nemesis.Fault> faults,
        double networkDelayMs,
        double bulkDelayMs,
        boolean reorders,
        double forceMs,
        boolean clocksDrift,
        int snapshotEveryBytes,
        int tailBytes,
        int lagBytes,
        int cacheBytes,
        int maxAppendBytes,
        int maxInflight,
        int maxPeerQueueBytes,
        int segmentBytes,
        int maxSegments,
        int preallocateBytes,
        int snapshotChunkBytes,
        int snapshotWindowChunks,
        int snapshotBytesPerSecond,
        int applyBudgetBytes,
        double applyMs,
        int lifeStretchMs,
        double faultySeconds,
        BitRot.Extent rot,
        boolean prefersLeaders,
        boolean leases) {
    /** A limit of which runs with slow state machines are to feel something. */
    int maxUnappliedBytes() {
        return cacheBytes > 1 << 16 ? 16 << 20 : 1000;
    }

    static Swarm of(SimWorld world) {
        return of(world, BitRot.Extent.SOMETIMES);
    }

    static Swarm of(SimWorld world, BitRot.Extent rot) {
        Set<Nemesis.Fault> faults = EnumSet.noneOf(Nemesis.Fault.class);
        for (Nemesis.Fault fault : Nemesis.Fault.values()) {
            if (world.chance(0.7)) {
                faults.add(fault);
            }
        }
        boolean changesMembers = world.chance(0.6) && rot == BitRot.Extent.SOMETIMES;
        boolean moves = changesMembers && world.chance(0.6);
        // So that there is room for as many others.
        int firstVoters = moves || world.chance(0.6) ? 3 : 5;
        if (changesMembers) {
            faults.add(Nemesis.Fault.CHANGE_MEMBERS);
        } else {
            faults.remove(Nemesis.Fault.CHANGE_MEMBERS);
            faults.remove(Nemesis.Fault.ABORT_CHANGE);
        }
        if (changesMembers) {
            // A group that was made small can be left without a majority of sound disks.
            faults.remove(Nemesis.Fault.BIT_ROT);
            faults.remove(Nemesis.Fault.OLD_COPY);
        }
        if (rot != BitRot.Extent.SOMETIMES) {
            faults.remove(Nemesis.Fault.DISK_ERROR);
            faults.remove(Nemesis.Fault.FULL_DISK);
        }
        if (faults.isEmpty()) {
            faults.add(Nemesis.Fault.CRASH_ONE);
        }
        int groups = world.chance(0.3) ? 2 : 1;
        return new Swarm(
                servers(world, changesMembers, moves, firstVoters),
                firstVoters,
                moves,
                pick(world, 1, 1, 7),
                groups,
                pick(world, 6, 8, 12),
                150,
                world.chance(0.4),
                pick(world, 0, 500, 1500),
                faults,
                pick(world, 0.3, 1, 5),
                pick(world, 0.3, 5, 50),
                world.chance(0.4),
                pick(world, 0.2, 1, 4),
                world.chance(0.5),
                pick(world, 1000, 3000, 10_000),
                pick(world, 0, 500, 4000),
                pick(world, 0, 0, 2000, 20_000),
                pick(world, 0, 2000, 1 << 20),
                pick(world, 100, 2000, 256 << 10),
                pick(world, 2, 8, 256),
                pick(world, 500, 16 << 20),
                pick(world, 8 << 10, 32 << 10, 256 << 10),
                pick(world, 2, 4, 1000),
                pick(world, 0, 4 << 10),
                pick(world, 20, 100, 256 << 10),
                pick(world, 1, 4, 16),
                pick(world, 20_000, 200_000, 1 << 30),
                pick(world, 1, 1 << 20),
                pick(world, 0.002, 0.1, 2, 10),
                pick(world, 300, 1000, 5000),
                pick(world, 15, 30, 60),
                rot,
                world.chance(0.5),
                world.chance(0.5));
    }

    private static int servers(SimWorld world, boolean changesMembers, boolean moves, int firstVoters) {
        if (moves) {
            return 6 + world.random.nextInt(2);
        }
        return changesMembers ? 5 + world.random.nextInt(3) : firstVoters;
    }

    private static int pick(SimWorld world, int... choices) {
        return choices[world.random.nextInt(choices.length)];
    }

    private static double pick(SimWorld world, double... choices) {
        return choices[world.random.nextInt(choices.length)];
    }
}
