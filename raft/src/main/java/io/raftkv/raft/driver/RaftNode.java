package io.raftkv.raft.driver;

import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.RaftMetrics;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.RecoveredGroup;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.snapshot.SnapshotStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All groups of one process: they share one log with one flush for all who wait, one link to each peer, and a few event
 * loops, each group on one of them for life.
 *
 * <p>Life cycle: {@link #open} recovers the log; {@link #openGroup} starts replicas; {@link #close} ends all. After a
 * failure of the disk or a broken invariant the node answers nothing any more, see {@link RaftNodeOptions#onFailure}.
 *
 * <p>Threads: any.
 */
public final class RaftNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);

    /** A transfer in which nothing happened for so long makes room for others; it goes on in its next turn. */
    private static final long IDLE_TRANSFER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long SYNC_LOOK_MS = 100;

    private final RaftNodeOptions options;
    private final DataFolder folder;
    private final SharedLog log;
    private final List<LoopWorker> workers = new ArrayList<>();
    private final Map<Long, GroupRunner> groups = new ConcurrentHashMap<>();
    private final Set<Long> opened = ConcurrentHashMap.newKeySet();
    private final Turns snapshotTurns;
    private final Turns outgoingTurns;
    private final Turns incomingTurns;
    private final Throttle throttle;
    private final OlderCopy olderCopy;
    private final Introductions introductions;
    private final LifeStretches stretches;
    private final PeerLiveness liveness;
    private final Budget budget;
    /** The group that hands over to its preferred leader just now. */
    private final AtomicReference<@Nullable GroupRunner> handingOver = new AtomicReference<>();
    /** Of the whole node. */
    private final AtomicReference<@Nullable HandOver> handOver = new AtomicReference<>();

    private final AtomicLong cachedBytes = new AtomicLong();
    private final AtomicInteger sleeping = new AtomicInteger();
    private final AtomicBoolean stopped = new AtomicBoolean();

    private RaftNode(RaftNodeOptions options, DataFolder folder) throws IOException {
        this.options = options;
        this.folder = folder;
        this.log = folder.log();
        this.snapshotTurns = new Turns(options.snapshots().maxTaken(), Long.MAX_VALUE);
        this.outgoingTurns = new Turns(options.snapshots().maxOutgoing(), IDLE_TRANSFER_NANOS);
        this.incomingTurns = new Turns(options.snapshots().maxIncoming(), IDLE_TRANSFER_NANOS);
        this.throttle = new Throttle(options.snapshots().bytesPerSecond());
        this.budget = new Budget(options.raft().maxHeldBytes());
        EventLoop first = options.loops().get(0);
        SplittableRandom chance = random(0, first.nowNanos());
        this.olderCopy = new OlderCopy(options, folder, groups, opened, this::fail);
        Lives lives = folder.lives(Introductions.nonZero(chance));
        this.introductions = new Introductions(options, lives, chance, olderCopy, this::fail);
        this.stretches = new LifeStretches(options, log, introductions);
        this.liveness = new PeerLiveness(options, introductions, this::peerLost);
        LogTrim trim = new LogTrim(this);
        for (EventLoop loop : options.loops()) {
            EntryCaches caches = new EntryCaches(
                    options.raft().maxCachedBytes() / options.loops().size(), cachedBytes);
            workers.add(new LoopWorker(loop, log, introductions, options.raft().maxPeerQueueBytes(), caches, trim));
        }
    }

    /**
     * Recovers the log and starts to receive.
     *
     * @throws IOException if the data folder is foreign, in use, or damaged and {@link RaftNodeOptions#onDamage} says to
     *     refuse it; the message says what to do
     */
    public static RaftNode open(RaftNodeOptions options) throws IOException {
        AtomicBoolean failed = new AtomicBoolean();
        RaftNode[] self = new RaftNode[1];
        Disk disk = options.metrics() == RaftMetrics.NONE
                ? options.disk()
                : new MeteredDisk(options.disk(), options.metrics());
        DataFolder folder = DataFolder.open(options, disk, options.log().withOnFailure(failure -> {
            failed.set(true);
            if (self[0] != null) {
                self[0].fail(failure);
            }
        }));
        RaftNode node;
        try {
            node = new RaftNode(options, folder);
        } catch (IOException | RuntimeException e) {
            try {
                folder.log().close();
            } catch (IOException | RuntimeException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
        self[0] = node;
        if (failed.get()) {
            throw new IOException("the log failed while it was opened");
        }
        node.introductions.start(new IncomingMail(node, node.liveness));
        node.onLivenessLoop(() -> {
            if (!node.stopped.get()) {
                node.stretches.start();
            }
        });
        return node;
    }

    /** Ends what this node says to others by itself. Threads: the first loop. */
    private void fallSilent() {
        liveness.close();
        introductions.stop();
        stretches.stop();
    }

    /**
     * The incarnation of this server's replica of which the log holds something and that was not opened yet; 0 if there is
     * none, or the log was not told.
     */
    public long incarnationOnDisk(long groupId) {
        RecoveredGroup found = folder.recovered().get(groupId);
        return found == null ? 0 : found.incarnation();
    }

    /** The highest incarnation whose data {@link #dropGroup} deleted, 0 if there is none. */
    public long droppedIncarnation(long groupId) {
        return log.dropped(groupId);
    }

    /** The groups of which the disk holds something. */
    public Set<Long> groupsOnDisk() throws IOException {
        return folder.groups();
    }

    /**
     * Starts this server's replica of a group; reads its newest snapshot on the calling thread. That it was opened, and with
     * which first configuration, is durable before the replica promises anything, and after {@link #sync}: groups that are
     * opened one after the other share the syncs of the log.
     *
     * @param genesis the first configuration, the same on all servers; ignored if the disk holds the group. Null for a
     *     replica that others will bring in: it neither votes nor campaigns before it has a log or a snapshot
     */
    public RaftGroup openGroup(long groupId, ReplicaId self, @Nullable Configuration genesis, StateMachine machine)
            throws IOException {
        if (self.server() != options.serverId()) {
            throw new IllegalArgumentException(self + " is not a replica of server " + options.serverId());
        }
        if (!opened.add(groupId)) {
            // What it wrote since the node was opened is on disk only: it would forget its votes.
            throw new IllegalStateException("group " + groupId + " was opened before; open the node again");
        }
        RaftCore.Recovered start;
        int markedBefore = olderCopy.timesMarked();
        try {
            identify(groupId, self);
            start = folder.recover(groupId, genesis, machine);
        } catch (IOException | RuntimeException e) {
            opened.remove(groupId);
            throw e;
        }
        LoopWorker worker = workerOf(groupId);
        RaftCore core = new RaftCore(
                groupId,
                self,
                options.raft().core(),
                random(groupId, worker.loop().nowNanos()),
                start,
                worker.loop().nowNanos());
        // The log of the core: a snapshot that is newer than the log on disk has taken its place.
        LogPosition from = new LogPosition(core.firstIndex() - 1, core.termAt(core.firstIndex() - 1));
        List<Entry> entries = from.equals(start.logStart()) ? start.entries() : List.of();
        if (core.isRecovering()) {
            options.observer().recovering(groupId, self);
        }
        options.observer().recovered(groupId, self, start.hardState(), from, entries);
        GroupRunner group = new GroupRunner(this, worker, groupId, core, self, machine);
        groups.put(groupId, group);
        olderCopy.opened(group, markedBefore);
        core.configuration().members().stream()
                .filter(member -> !member.equals(self))
                .forEach(member -> introductions.greet(member.server()));
        HandOver underWay = handOver.get();
        if (underWay != null) {
            group.standAside(underWay);
        }
        if (stopped.get()) {
            // While it was being opened: whoever stopped the node may not have seen it.
            closeGroup(groupId);
        }
        return group;
    }

    /**
     * Returns when all is durable that was opened and written before. Waits for the disk; not to be called on a loop.
     *
     * @throws IOException if the log failed or was closed, so that it never will be
     */
    public void sync() throws IOException {
        CompletableFuture<@Nullable Void> durable = new CompletableFuture<>();
        log.append(List.of(), () -> durable.complete(null));
        while (!durable.isDone()) {
            IOException failure = log.failure();
            if (failure != null || stopped.get()) {
                throw new IOException("the node stopped before all was durable", failure);
            }
            try {
                durable.get(SYNC_LOOK_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException again) {
                // Nobody is told of a sync that fails: look whether it can still come.
                LOG.trace("waits for the log", again);
            } catch (ExecutionException e) {
                throw new IOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while the log was synced", e);
            }
        }
    }

    /** With the time, so that two lives differ, by which messages to one are told from those to the other, even with one seed. */
    private SplittableRandom random(long groupId, long nowNanos) {
        long mixed = (options.seed() ^ nowNanos) * 0x9E3779B97F4A7C15L;
        return new SplittableRandom(mixed ^ groupId * 0xBF58476D1CE4E5B9L ^ options.serverId());
    }

    LoopWorker workerOf(long groupId) {
        return workers.get((int) Math.floorMod(groupId ^ (groupId >>> 32), (long) workers.size()));
    }

    /** Makes sure that what the disk holds is of this replica, and that it was not dropped. */
    private void identify(long groupId, ReplicaId self) throws IOException {
        RecoveredGroup found = folder.recovered().get(groupId);
        if (self.incarnation() <= log.dropped(groupId)) {
            throw new IOException(
                    "replica " + self + " of group " + groupId
                            + " left it and its data was deleted; its id is never used again, open the one that was added since");
        }
        if (found != null && found.incarnation() != 0 && found.incarnation() != self.incarnation()) {
            throw new IOException(
                    "the folder holds replica " + new ReplicaId(self.server(), found.incarnation()) + " of group "
                            + groupId + ", asked for is " + self + "; if that one left the group, drop it first");
        }
        if (found == null && log.dropped(groupId) > 0) {
            // Left over if the process ended before it had deleted all that the dropped replica had.
            folder.snapshots().dropGroup(groupId);
        }
        if (found == null || found.incarnation() == 0) {
            log.createReplica(groupId, self.incarnation());
        }
    }

    /** Ends this server's replica of a group; its data stays on disk. Only another life of the node can open it again. */
    public void closeGroup(long groupId) {
        GroupRunner group = groups.remove(groupId);
        if (group != null) {
            onLoop(group.loop(), () -> group.close("the group was closed"));
        }
    }

    /**
     * Ends this server's replica of a group and deletes its data. For one that was told that it left the group, see {@link
     * io.raftkv.raft.RaftGroup.LeaderListener#removed}: a voter that forgets its votes and entries breaks its group. The
     * log remembers the id, which is not opened again; the group may be, as a later incarnation.
     *
     * @return completed on another thread when nothing of it comes back, whatever happens
     */
    public CompletionStage<@Nullable Void> dropGroup(long groupId) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        GroupRunner group = groups.remove(groupId);
        // Never at once: what the group wrote in the present turn must be in the log before it is dropped from there.
        workerOf(groupId).loop().execute(() -> {
            if (group != null) {
                group.close("the group was dropped");
            }
            log.dropGroup(groupId, () -> options.backgroundExecutor().execute(() -> forget(groupId, done)));
        });
        return done;
    }

    private void forget(long groupId, CompletableFuture<@Nullable Void> done) {
        folder.recovered().remove(groupId);
        try {
            folder.snapshots().dropGroup(groupId);
        } catch (IOException e) {
            done.completeExceptionally(e);
            return;
        }
        opened.remove(groupId);
        done.complete(null);
    }

    /**
     * Hands every group that this node leads over to another voter that is heard (Raft §3.10), for an orderly stop: nobody has
     * to wait for an election. No group of this node takes leadership before that has ended, nor do those that are opened
     * meanwhile; close the node then. Proposals that come meanwhile are refused as Busy, or as NotLeader.
     *
     * @param timeoutMs positive; what was not handed over by then stays. A call while one is under way joins it
     * @return completed, perhaps on a loop, when another replica leads each of the groups that this node led, with how many
     *     of them stay: for want of time, or because no other voter is there. Never fails
     */
    public CompletionStage<Integer> handOverLeadership(int timeoutMs) {
        if (timeoutMs < 1) {
            throw new IllegalArgumentException("timeoutMs is " + timeoutMs + "; must be positive");
        }
        HandOver next = new HandOver(groups.values());
        HandOver underWay = handOver.compareAndExchange(null, next);
        if (underWay != null) {
            return underWay.ended();
        }
        CompletionStage<Integer> ended = next.ended().thenApply(stillLed -> {
            handOver.set(null);
            groups.values().forEach(GroupRunner::leadAgain);
            return stillLed;
        });
        if (!groups.isEmpty()) {
            EventLoop loop = workers.get(0).loop();
            onLoop(loop, () -> loop.schedule(TimeUnit.MILLISECONDS.toNanos(timeoutMs), next::timeOut));
            groups.values().forEach(group -> group.standAside(next));
        }
        return ended;
    }

    /** Whether {@code group} may hand over to its preferred leader now; if so it tells when it {@link #endHandOver has}. */
    boolean beginHandOver(GroupRunner group) {
        return handingOver.compareAndSet(null, group);
    }

    void endHandOver(GroupRunner group) {
        if (handingOver.get() == group) {
            handingOver.set(null);
        }
    }

    boolean isHandingOver(HandOver whole) {
        return handOver.get() == whole;
    }

    /** Stops everything at once, as what could be promised can no longer be kept. */
    void fail(Throwable failure) {
        if (stopped.compareAndSet(false, true)) {
            LOG.error("this server stops: {}", failure.toString(), failure);
            // Others must not trust in it any longer.
            onLivenessLoop(this::fallSilent);
            groups.values().forEach(group -> onLoop(group.loop(), () -> group.close("the server stopped: " + failure)));
            options.onFailure().accept(failure);
        }
    }

    /** Closes all groups, then the transport and the log. Waits until that is done; not to be called on a loop. */
    @Override
    public void close() throws IOException {
        stopped.set(true);
        // Whatever the loops do, the folder is let go.
        try (log;
                introductions) {
            for (long groupId : new TreeSet<>(groups.keySet())) {
                closeGroup(groupId);
            }
            onLivenessLoop(this::fallSilent);
            awaitLoops();
        }
    }

    private void awaitLoops() throws IOException {
        CountDownLatch idle = new CountDownLatch(workers.size());
        workers.forEach(worker -> onLoop(worker.loop(), idle::countDown));
        try {
            if (!idle.await(10, TimeUnit.SECONDS)) {
                throw new IOException("an event loop did not come to its end within 10 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while closing", e);
        }
    }

    static void onLoop(EventLoop loop, Runnable task) {
        if (loop.inLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    private void onLivenessLoop(Runnable task) {
        onLoop(workers.get(0).loop(), task);
    }

    /** The groups that sleep in trust of {@code server} wake up. */
    private void peerLost(long server) {
        groups.values().forEach(group -> onLoop(group.loop(), () -> group.peerLost(server)));
    }

    /** A group of this node went to sleep in trust of these servers. Threads: any loop. */
    void sleeps(Set<Long> servers) {
        sleeping.incrementAndGet();
        onLivenessLoop(() -> liveness.watch(servers));
    }

    /** It woke up. Threads: any loop. */
    void woke(Set<Long> servers) {
        sleeping.decrementAndGet();
        onLivenessLoop(() -> liveness.unwatch(servers));
    }

    /** What this node is made of. */
    public RaftNodeOptions options() {
        return options;
    }

    /** The log that all groups share; for figures. */
    public SharedLog log() {
        return log;
    }

    SnapshotStore snapshots() {
        return folder.snapshots();
    }

    Introductions introductions() {
        return introductions;
    }

    DataFolder folder() {
        return folder;
    }

    boolean isStopped() {
        return stopped.get();
    }

    /** Lets a group take a snapshot and cut its log. Threads: any. */
    void trim(long groupId, Completion completion) {
        GroupRunner group = group(groupId);
        if (group == null) {
            completion.failed(new RaftException.Stopped("group " + groupId + " is not open on this server"));
        } else {
            group.trim(completion);
        }
    }

    /** Who may send a snapshot. */
    Turns outgoingTurns() {
        return outgoingTurns;
    }

    /** Which of the groups may receive a snapshot. */
    Turns incomingTurns() {
        return incomingTurns;
    }

    /** For all snapshots that leave this node. */
    Throttle throttle() {
        return throttle;
    }

    /** What the commands of all groups may hold of the memory. */
    Budget budget() {
        return budget;
    }

    /** What this node holds right now, for figures. Threads: any. */
    public NodeStatus status() {
        return new NodeStatus(groups.size(), sleeping.get(), budget.heldBytes(), cachedBytes.get(), log.queuedBytes());
    }

    /** By how much the log may be longer for snapshots that are on their way. Threads: any. */
    long transferBytes() {
        return groups.values().stream().mapToLong(GroupRunner::transferBytes).sum();
    }

    /** Who of the groups may take a snapshot of its state. */
    Turns snapshotTurns() {
        return snapshotTurns;
    }

    /** The decision maker of a group, for the checks of the simulator. Threads: only where nothing runs on the loop. */
    @Nullable
    RaftCore core(long groupId) {
        GroupRunner group = group(groupId);
        return group == null ? null : group.core();
    }

    /** Null if it is not open on this server. Threads: any. */
    @Nullable
    GroupRunner group(long groupId) {
        return groups.get(groupId);
    }

    /** Those that are open. Threads: any. */
    Collection<GroupRunner> groups() {
        return groups.values();
    }
}
