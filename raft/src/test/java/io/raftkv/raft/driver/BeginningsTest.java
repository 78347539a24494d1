package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.log.LogSurvey;
import io.raftkv.raft.log.RecoveredGroup;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.sim.NoLoop;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** How groups are opened for the first time. */
class BeginningsTest {
    private final FolderFixture files = new FolderFixture(new SimDisk(1));
    private final ArrayDeque<Runnable> logTasks = new ArrayDeque<>();

    /** @param logAtOnce whether the log writes within each call, or when the test says so */
    private RaftNode open(boolean logAtOnce) throws IOException {
        return RaftNode.open(RaftNodeOptions.of(
                        1,
                        "test",
                        files.disk,
                        List.of(new NoLoop()),
                        logAtOnce ? Runnable::run : logTasks::add,
                        Runnable::run,
                        new FolderFixture.NoTransport())
                .build());
    }

    private void begin(RaftNode node, long group) throws IOException {
        node.openGroup(group, FolderFixture.SELF, FolderFixture.GENESIS, files.machine);
    }

    @Test
    void aThousandGroupsShareASync() throws IOException {
        RaftNode node = open(false);
        long before = node.log().stats().forces();
        for (long group = 1; group <= 1000; group++) {
            begin(node, group);
        }
        for (Runnable task = logTasks.poll(); task != null; task = logTasks.poll()) {
            task.run();
        }
        assertThat(node.log().stats().forces() - before).isEqualTo(1);
        assertThat(node.log().failure()).isNull();
    }

    @Test
    void afterASyncABeginningIsNotLost() throws IOException {
        RaftNode node = open(true);
        begin(node, 7);
        node.sync();
        files.disk.crash(SimDisk.Survival.NOTHING);
        try (SharedLog log = files.open().log()) {
            assertThat(log.failure()).isNull();
        }
        SortedMap<Long, RecoveredGroup> found = LogSurvey.of(files.disk, "log").groups();
        assertThat(found.get(7L).genesis()).isEqualTo(FolderFixture.GENESIS);
        assertThat(found.get(7L).incarnation()).isEqualTo(1);
    }

    @Test
    void aSyncThatFailsIsTold() throws IOException {
        RaftNode node = open(true);
        files.disk.failNext(SimDisk.Operation.FORCE, 1);
        begin(node, 7);
        assertThatThrownBy(node::sync).isInstanceOf(IOException.class).hasMessageContaining("before all was durable");
    }
}
