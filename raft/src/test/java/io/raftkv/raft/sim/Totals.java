package io.raftkv.raft.sim;

import io.raftkv.raft.core.Effect.HandsOver.Motive;
import java.util.EnumMap;
import java.util.Map;

/** How much happened in a run. */
final class Totals {
    long leaderChanges;
    long truncations;
    long snapshotInstalls;
    long snapshotsTaken;
    long transfers;
    long resumedTransfers;
    long crashes;
    long crashesWithLoss;
    long faults;
    long configurations;
    long jointConfigurations;
    long changesDone;
    long goals;
    long movesBegun;
    long movesAborted;
    long movesDone;
    /** By phase and harm. */
    final long[][] strikes = new long[MoveFaults.Phase.values().length][MoveFaults.Harm.values().length];

    long removals;
    long pauses;
    long replicasDropped;
    long rots;
    /** Operations of disks that ended in an error, by kind. */
    final long[] diskErrors = new long[FaultDisk.Failure.values().length];

    long startsRefused;
    long stopsByDisk;
    long fullDisks;
    long refusedForRoom;
    long oldCopies;
    long oldCopiesFound;
    long damagedReplicas;
    long recoveries;
    long sleeps;
    long wakes;
    /** Those that made another one lead. */
    final Map<Motive, Long> handOvers = new EnumMap<>(Motive.class);

    long diskStalls;
    long shutdowns;
    long groupsHandedOver;
    long operations;
    long reads;
    long followerReads;
    long leaseReads;
    long forwards;
    long unknownOutcomes;
    long sessions;
    long sessionsLost;
    long sessionCommands;
    long sessionCopies;
    long events;
    long simulatedNanos;
}
