package io.raftkv.raft.driver;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.DamagedLog;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.log.RecoveredGroup;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.snapshot.SnapshotException;
import io.raftkv.raft.snapshot.SnapshotStore;
import io.raftkv.raft.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node finds on its disk when it starts. What is damaged is set aside, never deleted, and the replicas that lost
 * something by it are marked, durably and before: they start as recovering ones, which count for nothing until they hold
 * again what the others committed (see {@link RaftCore.Recovered#isIncomplete}).
 *
 * <p>Threads: any that may wait for the disk.
 */
final class DataFolder {
    private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);

    private final RaftNodeOptions options;
    private final SharedLog log;
    private final SnapshotStore snapshots;
    private final RecoveryMarks marks;
    private final Map<Long, RecoveredGroup> recovered;

    private DataFolder(RaftNodeOptions options, SharedLog log, SnapshotStore snapshots, RecoveryMarks marks) {
        this.options = options;
        this.log = log;
        this.snapshots = snapshots;
        this.marks = marks;
        this.recovered = new ConcurrentHashMap<>(log.recovered());
        // The log must not keep what the groups take over: it is all their entries.
        log.recovered().clear();
    }

    /** @param disk the one of the options, perhaps measured */
    static DataFolder open(RaftNodeOptions options, Disk disk, LogOptions logOptions) throws IOException {
        SnapshotStore snapshots =
                new SnapshotStore(options.disk(), "snapshots", options.raft().snapshotChunkBytes());
        RecoveryMarks marks = new RecoveryMarks(options.disk());
        try {
            return new DataFolder(options, openLog(options, disk, logOptions), snapshots, marks);
        } catch (LogException e) {
            if (!e.isDamage() || options.onDamage() == RaftNodeOptions.OnDamage.REFUSE) {
                throw e;
            }
            LOG.error("the log is damaged; its groups recover from their peers: {}", e.getMessage());
            DamagedLog.setAside(options.disk(), "log", (inLog, genesis) -> {
                SortedSet<Long> groups = new TreeSet<>(inLog);
                groups.addAll(snapshots.named());
                marks.mark(groups, String.valueOf(e.getMessage()));
                keepGenesis(snapshots, genesis);
            });
            return new DataFolder(options, openLog(options, disk, logOptions), snapshots, marks);
        }
    }

    /** What only the log had is kept as the snapshot of an empty state. */
    private static void keepGenesis(SnapshotStore snapshots, SortedMap<Long, Configuration> genesis)
            throws IOException {
        SortedSet<Long> withSnapshot = snapshots.groups();
        for (Map.Entry<Long, Configuration> first : genesis.entrySet()) {
            if (!withSnapshot.contains(first.getKey())) {
                snapshots.write(first.getKey(), SnapshotMeta.beginning(first.getValue()), out -> {});
            }
        }
    }

    private static SharedLog openLog(RaftNodeOptions options, Disk disk, LogOptions logOptions) throws IOException {
        return SharedLog.open(disk, "log", logOptions, options.clusterId(), options.serverId(), options.logExecutor());
    }

    SharedLog log() {
        return log;
    }

    /** What the log holds of groups that were not opened yet. */
    Map<Long, RecoveredGroup> recovered() {
        return recovered;
    }

    SnapshotStore snapshots() {
        return snapshots;
    }

    Set<Long> groups() throws IOException {
        Set<Long> ids = new TreeSet<>(recovered.keySet());
        ids.addAll(snapshots.groups());
        return ids;
    }

    /**
     * What the folder remembers of the lives of its server.
     *
     * @param fresh the identity of the folder if it has none
     */
    Lives lives(long fresh) throws IOException {
        try {
            Optional<Lives> found = Lives.read(options.disk());
            if (found.isEmpty() && options.replacesLostFolder()) {
                forget(groups(), "this folder takes the place of one that was lost");
            }
            return found.orElse(Lives.none(fresh));
        } catch (LogException e) {
            if (options.onDamage() == RaftNodeOptions.OnDamage.REFUSE) {
                throw e;
            }
            LOG.error("{}", e.getMessage());
            forget(groups(), String.valueOf(e.getMessage()));
            options.disk().rename(Lives.FILE, Lives.FILE + ".damaged");
            options.disk().forceDirectory("");
            return Lives.none(fresh);
        }
    }

    /** This folder lacks what its server promised: these groups are marked, and those of which it knows nothing. */
    void forget(Set<Long> groups, String why) throws IOException {
        marks.forget(groups, why);
    }

    boolean hasForgotten() {
        return marks.hasForgotten();
    }

    /** Takes what the disk holds of the group; loads its newest snapshot into {@code machine}. */
    RaftCore.Recovered recover(long groupId, @Nullable Configuration genesis, StateMachine machine) throws IOException {
        RecoveredGroup fromLog = recovered.remove(groupId);
        snapshots.deleteLeftovers(groupId);
        LogPosition start = fromLog == null ? new LogPosition(0, 0) : fromLog.logStart();
        Optional<StoredSnapshot> snapshot = newestSnapshot(groupId);
        Configuration first = fromLog == null ? null : fromLog.genesis();
        if (first == null
                && snapshot.isEmpty()
                && isBlank(fromLog)
                && genesis != null
                && marks.hasForgotten()
                && !marks.isMarked(groupId)) {
            marks.mark(List.of(groupId), "group " + groupId + " may have been in the folder that was lost");
        }
        if (first == null && snapshot.isEmpty() && start.index() == 0 && genesis != null) {
            first = genesis;
            // The log holds it, so that a restart needs nobody to tell it; and the folder tells of the group if the log
            // gets damaged. Both are durable before the group promises anything, as that is written later.
            snapshots.name(groupId);
            log.keepGenesis(groupId, genesis, snapshots::syncNames);
        } else if (first == null
                && snapshot.isEmpty()
                && isBlank(fromLog)
                && marks.wasDamaged()
                && !marks.isMarked(groupId)) {
            // Others brought it in, perhaps before the damage; then only the damaged log knew of it.
            marks.mark(List.of(groupId), "group " + groupId + " may have been in the damaged log");
        }
        SnapshotMeta meta = snapshot.map(StoredSnapshot::meta)
                .orElse(SnapshotMeta.beginning(first == null ? Configuration.EMPTY : first));
        if (fromLog != null && meta.index() < start.index()) {
            fromLog = dropLog(fromLog, meta.index());
        }
        if (meta.index() > start.index()) {
            snapshots.syncFound(groupId);
        }
        if (meta.index() > 0) {
            try (InputStream state = snapshot.orElseThrow().openState()) {
                machine.load(state).run();
            }
        }
        boolean isIncomplete = marks.isMarked(groupId);
        if (isIncomplete) {
            LOG.warn(
                    "group {}: this replica lost what it had promised; it neither votes nor counts until it holds again"
                            + " what a majority of the other voters holds. Without such a majority the group has no leader",
                    groupId);
        }
        return fromLog == null
                ? new RaftCore.Recovered(HardState.INITIAL, new LogPosition(0, 0), List.of(), meta, isIncomplete)
                : new RaftCore.Recovered(
                        fromLog.hardState(), fromLog.logStart(), fromLog.entries(), meta, isIncomplete);
    }

    private Optional<StoredSnapshot> newestSnapshot(long groupId) throws IOException {
        while (true) {
            try {
                return snapshots.newest(groupId);
            } catch (SnapshotException e) {
                if (options.onDamage() == RaftNodeOptions.OnDamage.REFUSE) {
                    throw e;
                }
                LOG.error("group {}: {}", groupId, e.getMessage());
                snapshots.setAside(groupId, e);
            }
        }
    }

    /** The state at the start of the log is lost, so that its entries are of no use here. */
    private RecoveredGroup dropLog(RecoveredGroup group, long snapshotIndex) throws IOException {
        String why = "group " + group.groupId() + ": the log starts behind " + group.logStart()
                + ", the newest sound snapshot covers only " + snapshotIndex;
        if (options.onDamage() == RaftNodeOptions.OnDamage.REFUSE) {
            throw new LogException(
                    "snapshots",
                    -1,
                    why,
                    "restore the folder from a copy, or remove this server from the group and add it anew");
        }
        LOG.error("{}", why);
        marks.mark(List.of(group.groupId()), why);
        log.restartGroup(group.groupId());
        return new RecoveredGroup(
                group.groupId(), group.incarnation(), null, group.hardState(), new LogPosition(0, 0), List.of());
    }

    private static boolean isBlank(@Nullable RecoveredGroup group) {
        return group == null
                || (group.hardState().equals(HardState.INITIAL)
                        && group.logStart().index() == 0
                        && group.entries().isEmpty());
    }

    /** The group has recovered. */
    void recovered(long groupId) throws IOException {
        marks.clear(groupId);
    }
}
