package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.RaftCore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EntryCachesTest {
    private static final ReplicaId SELF = new ReplicaId(1, 1);
    private static final ReplicaId LEADER = new ReplicaId(2, 1);
    private static final Bytes BODY = Entry.encodeBody(Entry.Type.COMMANDS, 0, Bytes.wrap(new byte[91]));
    private static final int ENTRIES = 10;
    private static final long GROUP_BYTES = (long) ENTRIES * BODY.length();

    private final AtomicLong total = new AtomicLong();
    private final EntryCaches caches = new EntryCaches(3 * GROUP_BYTES, total);

    /** A follower that holds some entries, all committed and on its disk. */
    private static RaftCore follower(long group, long applied) {
        RaftCore core = new RaftCore(
                group,
                SELF,
                CoreOptions.DEFAULT,
                () -> 0L,
                RaftCore.Recovered.fresh(Configuration.of(List.of(SELF, LEADER))),
                0);
        List<Entry> entries = new ArrayList<>();
        for (long index = 1; index <= ENTRIES; index++) {
            entries.add(Entry.of(index, 1, BODY));
        }
        step(core, new Message.AppendEntries(1, 0, 0, ENTRIES, 0, entries));
        core.appliedTo(applied);
        return core;
    }

    private static void step(RaftCore core, Message message) {
        for (Effect effect : core.step(0, new Input.Receive(LEADER, message))) {
            if (effect instanceof Effect.Persist write) {
                core.step(0, new Input.Persisted(write.sequence()));
            }
        }
    }

    @Test
    void manyGroupsKeepNoMoreThanTheBudgetAndTheLeastUsedGiveFirst() {
        List<RaftCore> cores = new ArrayList<>();
        for (int group = 0; group < 1000; group++) {
            cores.add(follower(group, ENTRIES));
            caches.used(cores.get(group));
            caches.shrink();
            assertThat(total.get()).isLessThanOrEqualTo(3 * GROUP_BYTES);
        }
        assertThat(cores.stream().mapToLong(RaftCore::cachedBytes).sum()).isEqualTo(total.get());
        assertThat(cores.get(996).cachedBytes()).isZero();
        assertThat(cores.get(997).cachedBytes()).isEqualTo(GROUP_BYTES);
        caches.used(cores.get(997));
        caches.used(follower(1000, ENTRIES));
        caches.shrink();
        assertThat(cores.get(997).cachedBytes()).isEqualTo(GROUP_BYTES);
        assertThat(cores.get(998).cachedBytes()).isZero();
    }

    @Test
    void whatIsNotAppliedStays() {
        RaftCore behind = follower(0, 4);
        caches.used(behind);
        for (int group = 1; group <= 5; group++) {
            caches.used(follower(group, ENTRIES));
        }
        caches.shrink();
        assertThat(behind.cachedBytes()).isEqualTo(6L * BODY.length());
        assertThat(behind.entry(5).index()).isEqualTo(5);
        assertThat(total.get()).isLessThanOrEqualTo(3 * GROUP_BYTES);
    }

    @Test
    void nothingIsLeftOfGroupsThatSleepOrAreClosed() {
        RaftCore sleeps = follower(1, ENTRIES);
        RaftCore ends = follower(2, ENTRIES);
        caches.used(sleeps);
        caches.used(ends);
        assertThat(total.get()).isEqualTo(2 * GROUP_BYTES);
        step(sleeps, new Message.Sleep(1, ENTRIES, 1));
        caches.used(sleeps);
        caches.closed(ends);
        assertThat(sleeps.cachedBytes()).isZero();
        assertThat(total.get()).isZero();
    }
}
