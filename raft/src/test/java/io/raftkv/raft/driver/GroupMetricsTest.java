package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.RaftMetrics;
import io.raftkv.raft.sim.NoLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupMetricsTest {
    private final List<Long> told = new ArrayList<>();
    private final GroupMetrics metrics = new GroupMetrics(
            new RaftMetrics() {
                @Override
                public void applyFellBehind(long groupId, long bytes) {
                    told.add(bytes);
                }
            },
            1,
            new NoLoop());

    @Test
    void tellsOnceThatApplyingFellBehindAndAgainOnlyAfterItHadCaughtUp() {
        for (long bytes : new long[] {0, 1000, 1001, 5000, 900, 1100, 101, 1100, 100, 1200, 1300}) {
            metrics.unapplied(bytes, 1000);
        }
        assertThat(told).containsExactly(1001L, 1200L);
    }
}
