package io.raftkv.raft.driver;

import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots of the state of one replica (Raft §5.1), one at a time for the whole node, and removes those that a newer
 * one replaced.
 *
 * <p>Threads: the group's loop; the frozen state is written by the background executor.
 */
final class OwnSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(OwnSnapshots.class);

    /** The snapshots before {@code index} may go once the writes up to {@code sequence} are durable. */
    private record Removal(long sequence, long index) {}

    private final GroupRunner group;
    private final SnapshotTransfers transfers;
    private final ArrayDeque<Removal> removals = new ArrayDeque<>();
    private long bytesSince;
    private long lastBytes;
    private boolean underWay;

    OwnSnapshots(GroupRunner group, SnapshotTransfers transfers) {
        this.group = group;
        this.transfers = transfers;
    }

    void applied(Entry entry) {
        bytesSince += entry.bytes();
    }

    /** A snapshot of the leader took the place of the state. */
    void installed() {
        bytesSince = 0;
    }

    void takeIfDue(long lastApplied, long lastAppliedTimeMs) {
        long threshold = Math.max(group.options().snapshotThresholdBytes(), lastBytes / 2);
        if (underWay
                || bytesSince < threshold
                || lastApplied <= group.core().snapshot().index()
                || !group.core().knowsConfigurationAt(lastApplied)
                || !group.node().snapshotSlot().compareAndSet(false, true)) {
            return;
        }
        underWay = true;
        bytesSince = 0;
        SnapshotMeta meta = group.core().snapshotAt(lastApplied, lastAppliedTimeMs);
        StateMachine.FrozenState frozen = group.machine().freeze();
        group.node().options().backgroundExecutor().execute(() -> write(meta, frozen));
    }

    /** Background. */
    private void write(SnapshotMeta meta, StateMachine.FrozenState frozen) {
        try {
            long bytes = group.node()
                    .snapshots()
                    .write(group.id(), meta, frozen::writeTo)
                    .totalBytes();
            group.loop().execute(() -> finished(frozen, meta, bytes));
        } catch (Exception e) {
            LOG.error(
                    "group {}: the snapshot at index {} failed; the log is kept and a later one is tried",
                    group.id(),
                    meta.index(),
                    e);
            group.loop().execute(() -> finished(frozen, null, lastBytes));
        } catch (Error e) {
            group.node().fail(e);
            throw e;
        }
    }

    private void finished(StateMachine.FrozenState frozen, @Nullable SnapshotMeta meta, long bytes) {
        group.node().snapshotSlot().set(false);
        underWay = false;
        frozen.close();
        lastBytes = bytes;
        if (meta != null) {
            group.input(new Input.SnapshotStored(meta));
            group.node().options().observer().snapshotTaken(group.id(), group.self(), meta);
        }
    }

    /** The write {@code sequence} says that the log starts behind a snapshot not older than {@code snapshotIndex}. */
    void logStartMoves(long sequence, long snapshotIndex) {
        removals.add(new Removal(sequence, snapshotIndex));
    }

    void persisted(long sequence) {
        while (!removals.isEmpty() && removals.getFirst().sequence() <= sequence) {
            // One that is being sent stays until that is done: with a new one every moment none would ever arrive.
            long index = Math.min(removals.removeFirst().index(), transfers.oldestOnItsWay());
            if (removals.isEmpty() || removals.getFirst().sequence() > sequence) {
                group.inBackground(
                        () -> {
                            group.node().snapshots().retainOnly(group.id(), index);
                            return index;
                        },
                        done -> {},
                        failure -> LOG.warn("group {}: old snapshots are left behind", group.id(), failure));
            }
        }
    }
}
