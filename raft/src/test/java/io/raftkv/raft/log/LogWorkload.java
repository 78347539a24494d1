package io.raftkv.raft.log;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Submits calls as replicas would make them, and knows which states the log may be found in after a crash: that after
 * the last call that was acknowledged, or after any later one.
 */
final class LogWorkload {
    private final Random random;
    private final int groups;
    private final int largeBytes;
    private final LogFixture fixture;
    private LogModel model = new LogModel();

    /** What the log should hold after each call, from the last acknowledged one on. */
    private final List<Map<Long, RecoveredGroup>> possible = new ArrayList<>();

    /** @param largeBytes how large an entry may be once in a while */
    LogWorkload(LogFixture fixture, long seed, int groups, int largeBytes) {
        this.fixture = fixture;
        this.random = new Random(seed);
        this.groups = groups;
        this.largeBytes = largeBytes;
        possible.add(model.image());
    }

    LogModel model() {
        return model;
    }

    List<Map<Long, RecoveredGroup>> possible() {
        return possible;
    }

    /** Goes on from what was found after a crash. */
    void restart(Map<Long, RecoveredGroup> found) {
        model = LogModel.of(found);
        possible.clear();
        possible.add(model.image());
    }

    /** Makes some calls that share one cycle, and runs it. */
    void step() {
        for (int calls = 1 + random.nextInt(3); calls > 0; calls--) {
            if (random.nextInt(60) == 0) {
                long group = group();
                model.drop(group);
                Runnable durable = acknowledged();
                fixture.log.dropGroup(group, durable);
            } else if (random.nextInt(4) == 0 && !model.holds(groups - 1)) {
                long incarnation = 1 + random.nextInt(5);
                model.replica(groups - 1, incarnation);
                possible.add(model.image());
                fixture.log.createReplica(groups - 1, incarnation);
            } else if (random.nextInt(20) == 0 && model.startIndex(0) == 0) {
                Configuration genesis = Configuration.of(List.of(new ReplicaId(1 + random.nextInt(3), 1)));
                model.genesis(0, genesis);
                possible.add(model.image());
                fixture.log.keepGenesis(0, genesis, () -> {});
            } else {
                List<GroupWrite> writes = new ArrayList<>();
                for (int i = 1 + random.nextInt(3); i > 0; i--) {
                    GroupWrite write = write(group());
                    writes.add(write);
                    model.apply(List.of(write));
                }
                fixture.log.append(writes, acknowledged());
            }
        }
        fixture.run();
    }

    private Runnable acknowledged() {
        Map<Long, RecoveredGroup> image = model.image();
        possible.add(image);
        return () -> {
            while (possible.get(0) != image) {
                possible.remove(0);
            }
        };
    }

    /** The last group is nearly idle. */
    private long group() {
        int group = random.nextInt(groups);
        return group == groups - 1 && random.nextInt(20) > 0 ? 0 : group;
    }

    private GroupWrite write(long group) {
        HardState state = model.hardState(group);
        HardState newState = null;
        if (random.nextInt(8) == 0) {
            ReplicaId vote = random.nextBoolean() ? null : new ReplicaId(1 + random.nextInt(3), 1);
            newState = new HardState(state.term() + 1, vote);
        }
        LogPosition start = random.nextInt(6) == 0 ? start(group) : null;
        long term = Math.max(1, (newState == null ? state : newState).term());
        return new GroupWrite(group, newState, start, random.nextInt(5) == 0 ? List.of() : entries(group, start, term));
    }

    private LogPosition start(long group) {
        long last = model.lastIndex(group);
        long first = model.startIndex(group);
        if (random.nextInt(5) == 0) {
            // A snapshot that another server sent, ahead of the log or beside it.
            return new LogPosition(
                    last + random.nextInt(5), model.hardState(group).term() + 1);
        }
        long index = first + random.nextInt((int) (last - first) + 1);
        return new LogPosition(index, model.termAt(group, index));
    }

    private List<Entry> entries(long group, LogPosition start, long term) {
        LogModel after = LogModel.of(model.image());
        after.apply(List.of(new GroupWrite(group, null, start, List.of())));
        long last = after.lastIndex(group);
        long first = after.startIndex(group) + 1;
        boolean cuts = random.nextInt(6) == 0 && last >= first;
        long from = cuts ? first + random.nextInt((int) (last - first) + 1) : last + 1;
        List<Entry> entries = new ArrayList<>();
        long before = Math.max(1, after.termAt(group, from - 1));
        for (int i = random.nextInt(4); i > 0; i--) {
            before = random.nextInt(10) == 0 ? Math.max(before, term) : before;
            int length = random.nextInt(20) == 0 ? random.nextInt(largeBytes) : random.nextInt(60);
            byte[] text = new byte[length];
            random.nextBytes(text);
            Bytes body = Entry.encodeBody(Entry.Type.COMMANDS, random.nextInt(1000), Bytes.wrap(text));
            entries.add(Entry.of(from++, before, body));
        }
        return entries;
    }
}
