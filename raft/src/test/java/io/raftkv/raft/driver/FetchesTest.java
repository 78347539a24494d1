package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How fast those who lack what is in the log and not in memory catch up. */
class FetchesTest {
    private static final int ENTRIES = 200;
    private static final int ENTRY_BYTES = 1000;
    private static final int BYTES_PER_SECOND = 10_000;
    private static final double SECONDS_OF_THE_THROTTLE = (double) ENTRIES * ENTRY_BYTES / BYTES_PER_SECOND;

    private final ManualNodes nodes = new ManualNodes();
    private final List<ManualNodes.Node> all = new ArrayList<>();
    private RaftGroup leader;

    /** Servers 1 and 2 hold what 3, a voter, and 4 do not. */
    @BeforeEach
    void start() throws IOException {
        nodes.raft = nodes.raft
                .with()
                .core(CoreOptions.DEFAULT
                        .with()
                        .cacheBytes(1 << 10)
                        .maxAppendBytes(4 << 10)
                        .build())
                .snapshotThresholdBytes(1 << 30)
                .build();
        nodes.snapshots =
                SnapshotOptions.DEFAULT.with().bytesPerSecond(BYTES_PER_SECOND).build();
        nodes.link = (from, to, lane) -> from != 3 && to != 3;
        for (long id = 1; id <= 4; id++) {
            ManualNodes.Node node = nodes.new Node(id, new SimDisk(id), new RaftObserver() {});
            all.add(node);
            if (id < 4) {
                node.open(1, new ManualNodes.Text(), 1, 2, 3);
            } else {
                node.open(1, new ManualNodes.Text());
            }
        }
        nodes.until("one leads", () -> all.stream().anyMatch(node -> node.leads(1)));
        leader = all.stream()
                .filter(node -> node.leads(1))
                .findFirst()
                .orElseThrow()
                .group(1);
        for (int i = 0; i < ENTRIES; i++) {
            nodes.append(all, 1, "x".repeat(ENTRY_BYTES));
        }
    }

    private double secondsUntilItHasAll(long server) {
        long begin = nodes.nowNanos();
        ReplicaId replica = new ReplicaId(server, 1);
        nodes.until(
                replica + " has all",
                () -> leader.status().matchIndex().getOrDefault(replica, 0L)
                        >= leader.status().lastIndex());
        return (nodes.nowNanos() - begin) / 1e9;
    }

    private void addServer4() {
        SortedSet<ReplicaId> voters = ManualNodes.members(1, 2, 3, 4);
        leader.changeMembers(voters, 1, new ManualNodes.Outcome());
        nodes.run();
    }

    @Test
    void aVoterGetsAllAsFastAsItTakesIt() {
        nodes.link = (from, to, lane) -> true;
        assertThat(secondsUntilItHasAll(3)).isLessThan(SECONDS_OF_THE_THROTTLE / 5);
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void aLearnerGetsWhatTheThrottleAllows() {
        addServer4();
        assertThat(secondsUntilItHasAll(4)).isBetween(0.9 * SECONDS_OF_THE_THROTTLE, 1.2 * SECONDS_OF_THE_THROTTLE);
        assertThat(nodes.failures).isEmpty();
    }

    /** Three times the throttle is written meanwhile; on its own that would never end. */
    @Test
    void whatIsWrittenMeanwhileIsNotThrottled() {
        addServer4();
        long begin = nodes.nowNanos();
        for (int i = 0; (nodes.nowNanos() - begin) / 1e9 < 1.2 * SECONDS_OF_THE_THROTTLE; i++) {
            nodes.propose(leader, "y".repeat(3 * BYTES_PER_SECOND / 100));
            nodes.advance(10);
        }
        assertThat(secondsUntilItHasAll(4)).isLessThan(1);
        assertThat(nodes.failures).isEmpty();
    }
}
