package io.raftkv.kvserver.shard;

import io.raftkv.config.HostPort;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.session.SessionExpiry;
import io.raftkv.raft.session.SessionMachine;
import io.raftkv.resp.RespValue;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * This server's replica of one shard: serves requests if it leads, names the leader if another does, and holds them for a
 * moment while there is none. Java clients hand CLUSTERDOWN to the application at once, so an election is better hidden
 * from them.
 *
 * <p>Threads: the loop of the group, except where said otherwise.
 */
public final class ShardGroup {
    /** Longer than an election, shorter than the time-out of 2 s that clients have by default. */
    private static final long HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int MAX_HELD = 10_000;
    private static final long MAX_HELD_BYTES = 32 << 20;
    private static final RespValue DOWN = RespValue.error("CLUSTERDOWN The cluster is down");

    private final int shard;
    private final long generation;
    private final RaftGroup group;
    private final ShardMachine machine;
    private final ShardDirectory directory;
    private final Listener listener;
    private final long sessionTtlMs;

    private final ArrayDeque<Request> held = new ArrayDeque<>();
    private long heldBytes;
    private boolean ticking;
    private boolean closed;
    private @Nullable SessionExpiry sessionExpiry;
    private volatile LeaderView view = LeaderView.NONE;
    /** Who led last, and whether this replica left the group, so that it hears no more of who leads. */
    private @Nullable ReplicaId lastLeader;

    private boolean left;

    /** Hears what becomes of a replica. Threads: the loop of the group. */
    @FunctionalInterface
    public interface Listener {
        /** {@link ShardGroup#view} changed; {@code before} is what it was. */
        void leaderChanged(ShardGroup shard, LeaderView before);

        /** The replica left the shard's group for good; its data may go. Told once or more. */
        default void removed(ShardGroup shard) {}
    }

    /**
     * Threads: any; {@link #start} is due next.
     *
     * @param sessionTtlMs how long a session may be idle, in log time, while this replica leads
     */
    public ShardGroup(
            int shard,
            long generation,
            RaftGroup group,
            ShardMachine machine,
            ShardDirectory directory,
            Listener listener,
            long sessionTtlMs) {
        this.shard = shard;
        this.generation = generation;
        this.group = group;
        this.machine = machine;
        this.directory = directory;
        this.listener = listener;
        this.sessionTtlMs = sessionTtlMs;
    }

    /** Begins to follow who leads, and to end sessions that nobody uses. Threads: any. */
    public void start() {
        execute(() -> {
            group.onLeaderChange(new Leadership());
            sessionExpiry = SessionExpiry.start(group, machine.sessions(), sessionTtlMs);
        });
    }

    private final class Leadership implements RaftGroup.LeaderListener {
        @Override
        public void leaderChanged(@Nullable ReplicaId leader, long term, boolean ready) {
            LeaderView before = view;
            lastLeader = leader == null ? lastLeader : leader;
            see(left ? lastLeader : leader, term, ready);
            listener.leaderChanged(ShardGroup.this, before);
        }

        @Override
        public void removed(long configurationIndex) {
            left = true;
            // Clients go where the shard went, and do not wait for an election that is none.
            see(lastLeader, view.term(), false);
            listener.removed(ShardGroup.this);
        }

        private void see(@Nullable ReplicaId leader, long term, boolean ready) {
            view = new LeaderView(leader, term, ready);
            retryHeld();
        }
    }

    /** The number of the shard. Threads: any. */
    public int shard() {
        return shard;
    }

    /** The generation of the shard. Threads: any. */
    public long generation() {
        return generation;
    }

    /** Threads: any. */
    public RaftGroup group() {
        return group;
    }

    /** Threads: the loop; any for numbers that need not be exact. */
    public MemoryEngine engine() {
        return machine.engine();
    }

    /** The sessions of the shard. Threads: as {@link #engine}. */
    public SessionMachine sessions() {
        return machine.sessions();
    }

    /** Who leads. Threads: any. */
    public LeaderView view() {
        return view;
    }

    /** Runs {@code task} on the loop of the group: now if this is it. Threads: any. */
    void execute(Runnable task) {
        EventLoop loop = group.loop();
        if (loop.inLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    /** Waits for a linearizable view, see {@link RaftGroup#read}. Threads: any; completes on the loop. */
    public void read(Completion completion) {
        execute(() -> group.read(completion));
    }

    void accept(Request request) {
        if (leads() && held.isEmpty()) {
            request.enter(group);
        } else if (!redirect(request)) {
            hold(request);
        }
    }

    /** Requests need not wait until it is ready: their entries follow on that of its term at once, and reads wait for it. */
    private boolean leads() {
        return group.self().equals(view.leader());
    }

    void refused(Request request, RaftException failure) {
        if (failure instanceof RaftException.NotLeader notLeader) {
            HostPort elsewhere = otherThanSelf(notLeader.leader());
            if (elsewhere != null) {
                request.answer(moved(request, elsewhere));
            } else {
                hold(request);
            }
        } else if (failure instanceof RaftException.HandingOver) {
            hold(request); // Until another one leads, to whom its client is sent then.
        } else if (failure instanceof RaftException.Busy busy) {
            request.answer(RespValue.error("BUSY shard " + shard + ": " + busy.getMessage()));
        } else if (failure instanceof RaftException.OutcomeUnknown && request.isWrite()) {
            request.answer(RespValue.error("UNKNOWN the write may have been applied, or may yet be; " + "shard " + shard
                    + " lost its leader: " + failure.getMessage()));
        } else if (failure instanceof RaftException.OutcomeUnknown) {
            hold(request); // A read changed nothing: it is simply asked again.
        } else {
            request.answer(DOWN);
        }
    }

    private boolean redirect(Request request) {
        HostPort elsewhere = otherThanSelf(view.leader());
        if (elsewhere == null) {
            return false;
        }
        request.answer(moved(request, elsewhere));
        return true;
    }

    /** Clients run in circles if a server names itself. */
    private @Nullable HostPort otherThanSelf(@Nullable ReplicaId leader) {
        return leader == null || leader.equals(group.self()) ? null : directory.addressOf(leader.server());
    }

    private static RespValue moved(Request request, HostPort to) {
        return RespValue.error("MOVED " + request.hashSlot() + " " + to.host() + ":" + to.port());
    }

    private void hold(Request request) {
        if (request.deadlineNanos == 0) {
            request.deadlineNanos = group.loop().nowNanos() + HOLD_NANOS;
        }
        boolean full = held.size() >= MAX_HELD || heldBytes + request.bytes() > MAX_HELD_BYTES;
        if (closed || full || isOverdue(request)) {
            giveUp(request);
            return;
        }
        held.add(request);
        heldBytes += request.bytes();
        if (!ticking) {
            ticking = true;
            group.loop().schedule(TICK_NANOS, this::tick);
        }
    }

    private void tick() {
        ticking = false;
        retryHeld();
    }

    /** Gives every held request another chance, in their order; one whose time is over gets its last answer. */
    private void retryHeld() {
        Request[] requests = held.toArray(new Request[0]);
        held.clear();
        heldBytes = 0;
        for (Request request : requests) {
            if (closed || !leads() && isOverdue(request)) {
                giveUp(request);
            } else {
                accept(request);
            }
        }
    }

    private boolean isOverdue(Request request) {
        return group.loop().nowNanos() - request.deadlineNanos >= 0;
    }

    private void giveUp(Request request) {
        if (!redirect(request)) {
            request.answer(DOWN);
        }
    }

    /** Answers what is held. Threads: any. The Raft group is closed by whoever opened it. */
    public void close() {
        execute(() -> {
            closed = true;
            if (sessionExpiry != null) {
                sessionExpiry.close();
            }
            retryHeld();
        });
    }
}
