package io.raftkv.raft.driver;

import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots of the state of one replica (Raft §5.1) when the log has grown, or somebody asks, and the node has a
 * turn to give; and removes those that a newer one replaced.
 *
 * <p>What goes wrong with one, the disk or the state machine's code, ends that one alone: the log is kept, and another is
 * tried after a pause that grows. An {@link Error} stops the node.
 *
 * <p>Threads: the group's loop; the frozen state is written by the background executor.
 */
final class OwnSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(OwnSnapshots.class);

    private static final long TURN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int MAX_ASKING = 64;

    /** The snapshots before {@code index} may go once the writes up to {@code sequence} are durable. */
    private record Removal(long sequence, long index) {}

    private final GroupRunner group;
    private final OutgoingSnapshots outgoing;
    private final ArrayDeque<Removal> removals = new ArrayDeque<>();
    private long unneededBefore;
    private long removedBefore;
    private long bytesSince;
    private boolean underWay;

    /** Who asked for one, and who asked for the one that is being taken. */
    private List<Completion> asking = new ArrayList<>();

    private List<Completion> served = new ArrayList<>();
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long notBeforeNanos;
    private @Nullable String problem;
    private EventLoop.@Nullable Scheduled look;

    OwnSnapshots(GroupRunner group, OutgoingSnapshots outgoing) {
        this.group = group;
        this.outgoing = outgoing;
        this.notBeforeNanos = group.loop().nowNanos();
    }

    void applied(Entry entry) {
        bytesSince += entry.bytes();
    }

    /** A snapshot of the leader took the place of the state. */
    void installed() {
        bytesSince = 0;
    }

    /** Why the last try failed; null if it did not. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Asks for one of the present state, see {@link io.raftkv.raft.RaftGroup#takeSnapshot}. */
    void ask(Completion completion) {
        if (asking.size() >= MAX_ASKING) {
            completion.failed(new RaftException.Busy(MAX_ASKING + " callers wait for a snapshot already", 1000));
        } else {
            asking.add(completion);
            group.wake();
        }
    }

    /** Asks for one that lets go of the log as it is now: if one is being taken it does so soonest. */
    void askToTrim(Completion completion) {
        if (underWay) {
            served.add(completion);
        } else {
            ask(completion);
        }
    }

    void takeIfDue(long lastApplied, long lastAppliedTimeMs) {
        if (underWay) {
            return;
        }
        if (lastApplied <= group.core().snapshot().index()) {
            // There is nothing that the newest does not have.
            tell(takeAsking(), group.core().snapshot().index());
            return;
        }
        if (!group.core().knowsConfigurationAt(lastApplied)) {
            fail(takeAsking(), "this replica joined and knows too little of its group yet");
            return;
        }
        if (asking.isEmpty() && !hasLogGrown()) {
            return;
        }
        long now = group.loop().nowNanos();
        if (asking.isEmpty() && now - notBeforeNanos < 0) {
            lookAgainIn(notBeforeNanos - now);
        } else if (group.node().snapshotTurns().enter(group.id(), now)) {
            take(group.core().snapshotAt(lastApplied, lastAppliedTimeMs));
        } else {
            lookAgainIn(TURN_PAUSE_NANOS);
        }
    }

    /** By as much as the newest snapshot has, its own or a received one, of this life or one before. */
    private boolean hasLogGrown() {
        return bytesSince >= group.options().snapshotThresholdBytes()
                && bytesSince >= group.node().snapshots().newestBytes(group.id());
    }

    /** A group in which nothing happens would not look by itself. */
    private void lookAgainIn(long nanos) {
        if (look == null) {
            look = group.loop().schedule(nanos, () -> {
                look = null;
                group.wake();
            });
        }
    }

    private void take(SnapshotMeta meta) {
        underWay = true;
        served = takeAsking();
        long bytes = bytesSince;
        StateMachine.FrozenState frozen;
        try {
            frozen = group.machine().freeze();
        } catch (RuntimeException e) {
            ended();
            failed(meta, e);
            return;
        }
        group.node().options().backgroundExecutor().execute(() -> write(meta, frozen, bytes));
    }

    /** Background. */
    private void write(SnapshotMeta meta, StateMachine.FrozenState frozen, long bytesCovered) {
        long bytes;
        long start = System.nanoTime();
        try {
            bytes = group.node()
                    .snapshots()
                    .write(group.id(), meta, frozen::writeTo)
                    .totalBytes();
        } catch (Exception e) {
            group.loop().execute(() -> {
                close(frozen);
                group.ifOpen(() -> failed(meta, e));
            });
            return;
        } catch (Error e) {
            group.node().fail(e);
            throw e;
        }
        long nanos = System.nanoTime() - start;
        group.loop().execute(() -> {
            close(frozen);
            group.metrics().snapshotTaken(bytes, nanos);
            group.ifOpen(() -> stored(meta, bytesCovered));
        });
    }

    private void close(StateMachine.FrozenState frozen) {
        ended();
        try {
            frozen.close();
        } catch (RuntimeException | Error e) {
            // It would never freeze again, or hold on to a state for ever.
            group.node().fail(e);
        }
    }

    private void ended() {
        group.node().snapshotTurns().leave(group.id());
        underWay = false;
    }

    private void stored(SnapshotMeta meta, long bytesCovered) {
        bytesSince = Math.max(0, bytesSince - bytesCovered);
        pauseNanos = FIRST_PAUSE_NANOS;
        problem = null;
        // The log may stay where it is, for its tail; the snapshots must not pile up until it moves. The one before
        // stays,
        // for the case that the new one gets damaged.
        unneededBefore = Math.max(unneededBefore, group.core().snapshot().index());
        removeOld();
        group.input(new Input.SnapshotStored(meta));
        group.node().options().observer().snapshotTaken(group.id(), group.self(), meta);
        tell(takeServed(), meta.index());
        group.wake();
    }

    private void failed(SnapshotMeta meta, Exception why) {
        notBeforeNanos = group.loop().nowNanos() + pauseNanos;
        problem = "the snapshot at index " + meta.index() + " failed: " + why;
        LOG.error(
                "group {}: {}; the log is kept and another one is tried in {} s",
                group.id(),
                problem,
                TimeUnit.NANOSECONDS.toSeconds(pauseNanos),
                why);
        pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
        group.metrics().snapshotFailed();
        group.node().options().observer().snapshotFailed(group.id(), group.self(), meta, why);
        fail(takeServed(), problem);
        group.wake();
    }

    private List<Completion> takeAsking() {
        List<Completion> all = asking;
        asking = new ArrayList<>();
        return all;
    }

    private List<Completion> takeServed() {
        List<Completion> all = served;
        served = new ArrayList<>();
        return all;
    }

    private static void tell(List<Completion> all, long index) {
        all.forEach(completion -> completion.succeeded(index));
    }

    private static void fail(List<Completion> all, String why) {
        all.forEach(completion -> completion.failed(new RaftException.Busy(why, 1000)));
    }

    /** The snapshot that is being taken, if any, ends by itself. */
    void close(RaftException why) {
        if (look != null) {
            look.cancel();
        }
        takeAsking().forEach(completion -> completion.failed(why));
        takeServed().forEach(completion -> completion.failed(why));
    }

    /** The write {@code sequence} says that the log starts behind a snapshot not older than {@code snapshotIndex}. */
    void logStartMoves(long sequence, long snapshotIndex) {
        removals.add(new Removal(sequence, snapshotIndex));
    }

    void persisted(long sequence) {
        while (!removals.isEmpty() && removals.getFirst().sequence() <= sequence) {
            unneededBefore = Math.max(unneededBefore, removals.removeFirst().index());
        }
        removeOld();
    }

    /** One that is being sent stays until that is done: with a new one every moment none would ever arrive. */
    void removeOld() {
        long index = Math.min(unneededBefore, outgoing.oldest());
        if (index <= removedBefore) {
            return;
        }
        removedBefore = index;
        group.inBackground(
                () -> {
                    group.node().snapshots().retainOnly(group.id(), index);
                    return index;
                },
                done -> {},
                failure -> LOG.warn("group {}: old snapshots are left behind", group.id(), failure));
    }
}
