package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A group of one in memory: what is proposed is applied at once, unless it is told to fail. */
class FakeGroup implements RaftGroup {
    private final ManualLoop loop;
    private final CoordinatorState state;
    private long index;
    RaftException failure;
    int proposals;
    Configuration configuration = Configuration.of(List.of(self()));

    FakeGroup(ManualLoop loop, CoordinatorState state) {
        this.loop = loop;
        this.state = state;
    }

    @Override
    public void propose(Bytes command, Completion completion) {
        proposals++;
        if (failure != null) {
            completion.failed(failure);
        } else {
            completion.succeeded(state.apply(++index, loop.wallClockMs(), command));
        }
    }

    @Override
    public void read(Completion completion) {
        if (failure != null) {
            completion.failed(failure);
        } else {
            completion.succeeded(null);
        }
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public long id() {
        return 1;
    }

    @Override
    public ReplicaId self() {
        return new ReplicaId(1, 1);
    }

    @Override
    public CompletionStage<Object> propose(Bytes command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void read(ReadMode mode, Supplier<? extends Object> query, Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public void forward(Bytes command, Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public GroupStatus status() {
        return new GroupStatus(
                1,
                self(),
                GroupStatus.Role.LEADER,
                1,
                self(),
                1,
                9,
                9,
                9,
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
    public ReplicaId leader() {
        return null;
    }

    @Override
    public boolean isLeader() {
        return false;
    }

    @Override
    public void changeMembers(SortedSet<ReplicaId> voters, long mapVersion, Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public void abortChange(Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public void takeSnapshot(Completion completion) {
        throw new UnsupportedOperationException("not used here");
    }

    @Override
    public void transferLeadership(ReplicaId target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void preferLeader(ReplicaId replica) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onLeaderChange(LeaderListener listener) {}
}
