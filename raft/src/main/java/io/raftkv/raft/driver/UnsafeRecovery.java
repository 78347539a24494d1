package io.raftkv.raft.driver;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.log.LogSurvey;
import io.raftkv.raft.log.RecoveredGroup;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.snapshot.SnapshotStore;
import io.raftkv.raft.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Lets groups go on whose majority is lost for good, with what the survivors hold. Raft promises nothing for that case: what
 * only the lost servers had acknowledged is lost, and nobody can say what that was. So a person decides it, with the servers
 * stopped and all their folders at hand.
 *
 * <p>Of the survivors of a group the one with the best log, by term and index as in an election, becomes its only voter,
 * under the next incarnation, by a configuration that it appends to its own log in a much later term. All former ids are
 * retired. Other survivors begin anew as learners of that configuration: were they voters, those with less could decide
 * without the one that has more. They become voters by an ordinary change of members.
 *
 * <p>The decision is one record in one log, all or nothing. What follows it (marks that go, learners that begin anew) is read
 * from that configuration, so that a second run completes a first one that was stopped anywhere.
 *
 * <p>Threads: one at a time; waits for the disks.
 */
public final class UnsafeRecovery {
    /** How far the new term is ahead: the lost servers, should they ever run again, hold no more elections than that. */
    private static final long TERMS_AHEAD = 1L << 20;

    private static final String LOG = "log";

    /**
     * A replica in one of the folders.
     *
     * @param isRecovering whether it lost something that it had promised
     */
    public record Survivor(
            Disk folder,
            ReplicaId id,
            long term,
            long lastTerm,
            long lastIndex,
            long snapshotIndex,
            boolean isRecovering) {}

    /**
     * What is to be done about a group.
     *
     * @param before the configuration in force at the source
     * @param after the one that it goes on with; equal to {@code before} if an earlier run has decided already
     * @param term of the entry that holds it
     * @param lost the members of which there is no folder
     * @param survivors the others of which there is one
     * @param source whose log the group goes on with
     * @param knownCommitted all up to this index was committed for sure, and is kept
     * @param beginAnew folders in which an empty learner takes the place of what is there
     */
    public record Plan(
            long groupId,
            Configuration before,
            Configuration after,
            long term,
            SortedSet<ReplicaId> lost,
            List<Survivor> survivors,
            Survivor source,
            long knownCommitted,
            SortedMap<ReplicaId, Disk> beginAnew) {
        /** Whether the new configuration is still to be written. */
        public boolean isUndecided() {
            return !after.equals(before);
        }
    }

    private record Folder(Disk disk, LogSurvey log, SnapshotStore snapshots, RecoveryMarks marks) {}

    private record Found(Survivor survivor, RaftCore core, RecoveredGroup log, SnapshotMeta snapshot) {}

    private final List<Folder> folders = new ArrayList<>();
    private final SortedMap<Long, List<Found>> found = new TreeMap<>();

    /**
     * Reads the folders and changes nothing.
     *
     * @throws LogException if one of them is in use, damaged, of another cluster than the first, or of the same server as
     *     another; the message says what to do
     */
    public UnsafeRecovery(List<Disk> disks) throws IOException {
        for (Disk disk : disks) {
            Folder folder = new Folder(
                    disk, LogSurvey.of(disk, LOG), new SnapshotStore(disk, "snapshots"), new RecoveryMarks(disk));
            check(folder);
            folders.add(folder);
            for (RecoveredGroup log : folder.log().groups().values()) {
                read(folder, log);
            }
        }
    }

    private void check(Folder folder) throws LogException {
        if (!folder.log().damages().isEmpty()) {
            throw new LogException(
                    folder.disk().toString(),
                    -1,
                    "the log is damaged: " + folder.log().damages().get(0).text(),
                    "start and stop this server once, so that it sets aside what is damaged, or leave its folder out");
        }
        for (Folder other : folders) {
            if (other.log().serverId() == folder.log().serverId()
                    || other.log().cluster() != folder.log().cluster()) {
                throw new LogException(
                        folder.disk().toString(),
                        -1,
                        "the folder is of the same server as " + other.disk() + ", or of another cluster",
                        "name each folder of one cluster once");
            }
        }
    }

    private void read(Folder folder, RecoveredGroup log) throws IOException {
        Optional<StoredSnapshot> newest = folder.snapshots().newest(log.groupId());
        Configuration first = log.genesis() == null ? Configuration.EMPTY : log.genesis();
        SnapshotMeta snapshot = newest.map(StoredSnapshot::meta).orElse(SnapshotMeta.beginning(first));
        ReplicaId id = new ReplicaId(folder.log().serverId(), log.incarnation());
        // As a server would start from it.
        RaftCore core = new RaftCore(
                log.groupId(),
                id,
                CoreOptions.DEFAULT,
                new SplittableRandom(0),
                new RaftCore.Recovered(log.hardState(), log.logStart(), log.entries(), snapshot),
                0);
        Survivor survivor = new Survivor(
                folder.disk(),
                id,
                core.term(),
                core.termAt(core.lastIndex()),
                core.lastIndex(),
                snapshot.index(),
                folder.marks().isMarked(log.groupId()));
        found.computeIfAbsent(log.groupId(), group -> new ArrayList<>()).add(new Found(survivor, core, log, snapshot));
    }

    /** All groups in the folders. */
    public SortedSet<Long> groups() {
        return new TreeSet<>(found.keySet());
    }

    /**
     * What is to be done about a group; null if nothing is, since a majority of its voters is in the folders, or nothing
     * that a group could go on with.
     */
    public @Nullable Plan plan(long groupId) {
        List<Found> all = found.getOrDefault(groupId, List.of());
        Found source = source(all);
        if (source == null) {
            return null;
        }
        Configuration before = source.core().configuration();
        List<Survivor> survivors = all.stream()
                .map(Found::survivor)
                .filter(survivor -> before.members().contains(survivor.id()))
                .toList();
        Set<ReplicaId> sound = new TreeSet<>();
        SortedSet<ReplicaId> lost = new TreeSet<>(before.members());
        survivors.forEach(survivor -> lost.remove(survivor.id()));
        survivors.stream().filter(survivor -> !survivor.isRecovering()).forEach(survivor -> sound.add(survivor.id()));
        Configuration after = before.hasQuorum(sound::contains) ? before : next(before, source.survivor(), survivors);
        SortedMap<ReplicaId, Disk> beginAnew = beginAnew(groupId, after);
        if (after.equals(before) && (beginAnew.isEmpty() || !isAlone(after, source.survivor()))) {
            return null;
        }
        // Those that begin anew are not lost, nor have they got anything.
        lost.removeAll(beginAnew.keySet());
        long term = all.stream().mapToLong(one -> one.survivor().term()).max().orElseThrow() + TERMS_AHEAD;
        long committed = all.stream()
                .mapToLong(one -> one.survivor().snapshotIndex())
                .max()
                .orElseThrow();
        return new Plan(groupId, before, after, term, lost, survivors, source.survivor(), committed, beginAnew);
    }

    /** Whether it may be that an earlier run made it the only voter. */
    private static boolean isAlone(Configuration configuration, Survivor source) {
        return configuration.equals(new Configuration(
                new TreeSet<>(List.of(source.id())),
                new TreeSet<>(),
                configuration.learners(),
                configuration.mapVersion(),
                configuration.retired(),
                configuration.leaseReads()));
    }

    /** The one with the best log (Raft §3.6.1) of those that did not leave; rather one that lost nothing. */
    private static @Nullable Found source(List<Found> all) {
        return all.stream()
                .filter(one -> one.core()
                        .configuration()
                        .members()
                        .contains(one.survivor().id()))
                .filter(one -> all.stream().noneMatch(other -> other.core()
                        .configuration()
                        .hasRetired(one.survivor().id())))
                .max(Comparator.comparing((Found one) -> !one.survivor().isRecovering())
                        .thenComparing(one -> one.survivor().lastTerm())
                        .thenComparing(one -> one.survivor().lastIndex())
                        .thenComparing(one -> one.survivor().id(), Comparator.reverseOrder()))
                .orElse(null);
    }

    private static Configuration next(Configuration before, Survivor source, List<Survivor> survivors) {
        SortedSet<ReplicaId> voters = new TreeSet<>();
        SortedSet<ReplicaId> learners = new TreeSet<>();
        for (Survivor survivor : survivors) {
            boolean isSource = survivor.id().equals(source.id());
            (isSource ? voters : learners).add(successor(before, survivor.id().server()));
        }
        return before.next(voters, new TreeSet<>(), learners, before.mapVersion());
    }

    private static ReplicaId successor(Configuration before, long server) {
        long highest = before.retired().getOrDefault(server, 0L);
        for (ReplicaId member : before.members()) {
            highest = member.server() == server ? Math.max(highest, member.incarnation()) : highest;
        }
        return new ReplicaId(server, highest + 1);
    }

    /** The learners of the configuration whose folders do not hold them yet. */
    private SortedMap<ReplicaId, Disk> beginAnew(long groupId, Configuration after) {
        SortedMap<ReplicaId, Disk> missing = new TreeMap<>();
        for (ReplicaId learner : after.learners()) {
            for (Folder folder : folders) {
                RecoveredGroup there = folder.log().groups().get(groupId);
                if (folder.log().serverId() == learner.server()
                        && (there == null || there.incarnation() < learner.incarnation())) {
                    missing.put(learner, folder.disk());
                }
            }
        }
        return missing;
    }

    /**
     * Does it. When this returns all of it is durable; if it throws, or the machine stops, a new recovery over the same
     * folders completes it.
     *
     * @throws LogException if a folder is in use, or changed since it was read
     */
    public void execute(List<Plan> plans) throws IOException {
        SortedMap<Long, SharedLog> logs = new TreeMap<>();
        IOException failure = null;
        try {
            for (Folder folder : folders) {
                logs.put(folder.log().serverId(), reopen(folder));
            }
            for (Plan plan : plans) {
                if (plan.isUndecided()) {
                    decide(plan, log(logs, plan.source().id()));
                }
                for (ReplicaId learner : plan.beginAnew().keySet()) {
                    beginAnew(plan.groupId(), learner, log(logs, learner));
                }
            }
        } catch (IOException e) {
            failure = e;
        }
        for (SharedLog log : logs.values()) {
            try {
                log.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static SharedLog reopen(Folder folder) throws IOException {
        SharedLog log = SharedLog.reopen(
                folder.disk(),
                LOG,
                LogOptions.defaults(failure -> {}),
                folder.log().cluster(),
                folder.log().serverId(),
                Runnable::run);
        if (!log.recovered().equals(folder.log().groups())) {
            log.close();
            throw new LogException(
                    folder.disk().toString(), -1, "the log changed since it was read", "look at the plan again");
        }
        return log;
    }

    private static SharedLog log(SortedMap<Long, SharedLog> logs, ReplicaId replica) {
        return Objects.requireNonNull(logs.get(replica.server()));
    }

    private Folder folder(ReplicaId replica) {
        return folders.stream()
                .filter(folder -> folder.log().serverId() == replica.server())
                .findFirst()
                .orElseThrow();
    }

    private void decide(Plan plan, SharedLog log) throws IOException {
        Found source = found.getOrDefault(plan.groupId(), List.of()).stream()
                .filter(one -> one.survivor().equals(plan.source()))
                .findFirst()
                .orElseThrow();
        long timeMs = source.snapshot().timeMs();
        for (Entry entry : source.log().entries()) {
            timeMs = Math.max(timeMs, entry.timeMs());
        }
        Entry entry = Entry.of(
                source.core().lastIndex() + 1,
                plan.term(),
                Entry.encodeBody(Entry.Type.CONFIGURATION, timeMs, ConfigurationCodec.encode(plan.after())));
        // Where the snapshot is newer than the log, as a server would have it on its first turn.
        long before = source.core().firstIndex() - 1;
        LogPosition start = new LogPosition(before, source.core().termAt(before));
        ReplicaId successor = plan.after().voters().first();
        log.succeed(
                successor.incarnation(),
                new GroupWrite(
                        plan.groupId(),
                        new HardState(plan.term(), null),
                        start.equals(source.log().logStart()) ? null : start,
                        List.of(entry)),
                () -> {});
        requireDurable(log);
        RecoveryMarks marks = folder(successor).marks();
        if (marks.isMarked(plan.groupId())) {
            // What it lost is given up with all else.
            marks.clear(plan.groupId());
        }
    }

    private void beginAnew(long groupId, ReplicaId learner, SharedLog log) throws IOException {
        Folder folder = folder(learner);
        log.dropGroup(groupId, () -> {});
        requireDurable(log);
        folder.snapshots().dropGroup(groupId);
        if (folder.marks().isMarked(groupId)) {
            folder.marks().clear(groupId);
        }
        log.createReplica(groupId, learner.incarnation());
        requireDurable(log);
    }

    /** The log runs on this thread. */
    private static void requireDurable(SharedLog log) throws IOException {
        IOException failure = log.failure();
        if (failure != null) {
            throw failure;
        }
    }
}
