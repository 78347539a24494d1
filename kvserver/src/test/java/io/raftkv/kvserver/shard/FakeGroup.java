package io.raftkv.kvserver.shard;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A group of one replica that keeps no log. It applies at once, or when {@link #release} says so; it fails as it is told.
 * Changes of its members end like writes, and change nothing.
 * Reads overtake writes that are kept back, as they may in a real group.
 */
public final class FakeGroup implements RaftGroup {
    public static final ReplicaId SELF = new ReplicaId(0x1111, 1);
    public static final ReplicaId OTHER = new ReplicaId(0x2222, 1);

    private final long id;
    private final EventLoop loop;
    private final StateMachine machine;
    private final ArrayDeque<Runnable> keptBack = new ArrayDeque<>();
    private @Nullable LeaderListener listener;
    private boolean keepsBack;
    private @Nullable Supplier<RaftException> failure;
    private @Nullable ReplicaId leader = SELF;
    private boolean ready = true;
    private Configuration configuration = Configuration.of(List.of(SELF, OTHER, new ReplicaId(0x3333, 1)));
    private int proposals;
    private long index;

    public FakeGroup(long id, EventLoop loop, StateMachine machine) {
        this.id = id;
        this.loop = loop;
        this.machine = machine;
    }

    /** From now on writes and changes of members wait for {@link #release}. */
    public void keepBack() {
        onLoop(() -> keepsBack = true);
    }

    public void release() {
        onLoop(() -> {
            keepsBack = false;
            while (!keptBack.isEmpty()) {
                keptBack.remove().run();
            }
        });
    }

    /** From now on everything fails like this; null heals. */
    public void failWith(@Nullable Supplier<RaftException> newFailure) {
        onLoop(() -> failure = newFailure);
    }

    /** The configuration that it tells of from now on. */
    public void become(Configuration next) {
        onLoop(() -> configuration = next);
    }

    public void lead(@Nullable ReplicaId newLeader, long term, boolean isReady) {
        onLoop(() -> {
            leader = newLeader;
            ready = isReady;
            if (listener != null) {
                listener.leaderChanged(newLeader, term, isReady);
            }
        });
    }

    /** The group goes on without this replica, which hears no more of who leads. */
    public void leave() {
        onLoop(() -> {
            leader = null;
            ready = false;
            if (listener != null) {
                listener.removed(index);
            }
        });
    }

    /** Waits until all that was asked of the loop before is done. */
    private void onLoop(Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            task.run();
            done.complete(null);
        });
        done.join();
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public ReplicaId self() {
        return SELF;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void propose(Bytes command, Completion completion) {
        answer(completion, () -> {
            proposals++;
            end(() -> completion.succeeded(machine.apply(++index, 0, command)));
        });
    }

    /** How many it took so far. */
    public int proposals() {
        CompletableFuture<Integer> count = new CompletableFuture<>();
        loop.execute(() -> count.complete(proposals));
        return count.join();
    }

    private void end(Runnable step) {
        if (keepsBack) {
            keptBack.add(step);
        } else {
            step.run();
        }
    }

    private void answer(Completion completion, Runnable success) {
        loop.execute(() -> {
            if (failure != null) {
                completion.failed(failure.get());
            } else if (!SELF.equals(leader)) {
                completion.failed(new RaftException.NotLeader(leader));
            } else {
                success.run();
            }
        });
    }

    @Override
    public CompletionStage<@Nullable Object> propose(Bytes command) {
        throw new UnsupportedOperationException("not used by servers");
    }

    @Override
    public void read(Completion completion) {
        answer(completion, () -> completion.succeeded(null));
    }

    @Override
    public void changeMembers(SortedSet<ReplicaId> voters, long mapVersion, Completion completion) {
        answer(completion, () -> end(() -> completion.succeeded(null)));
    }

    @Override
    public void abortChange(Completion completion) {
        answer(completion, () -> completion.succeeded(null));
    }

    @Override
    public void takeSnapshot(Completion completion) {
        throw new UnsupportedOperationException("not used by servers");
    }

    @Override
    public void transferLeadership(ReplicaId target) {
        throw new UnsupportedOperationException("not used by servers");
    }

    @Override
    public void preferLeader(ReplicaId replica) {
        throw new UnsupportedOperationException("not used by servers");
    }

    @Override
    public void read(ReadMode mode, Supplier<? extends @Nullable Object> query, Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public void forward(Bytes command, Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public GroupStatus status() {
        return new GroupStatus(
                id,
                SELF,
                ready ? GroupStatus.Role.LEADER : GroupStatus.Role.FOLLOWER,
                1,
                leader,
                1,
                index,
                index,
                index,
                0,
                configuration,
                0,
                false,
                false,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                null);
    }

    @Override
    public @Nullable ReplicaId leader() {
        return leader;
    }

    @Override
    public boolean isLeader() {
        return ready;
    }

    @Override
    public void onLeaderChange(LeaderListener newListener) {
        listener = newListener;
        newListener.leaderChanged(leader, 1, ready);
    }
}
