package io.raftkv.kvserver.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.sim.Report;
import io.raftkv.raft.sim.Simulator;
import org.junit.jupiter.api.Test;

/** Shards under crashes, partitions, slow disks and changes of members, on virtual time. */
class ShardSimulationTest {
    @Test
    void redisCommandsAreLinearizableUnderFaults() throws Exception {
        Report report =
                Simulator.of(ShardWorkload::new, ShardSimulationTest.class).run(50);
        System.out.println("shard simulation: " + report + ", sent again in sessions: " + ShardWorkload.repetitions());
        assertThat(ShardWorkload.repetitions()).isGreaterThan(20L * report.runs());
        assertThat(report.operations()).isGreaterThan(500L * report.runs());
        if (report.runs() >= 20) {
            assertThat(report.snapshotInstalls()).isPositive();
            assertThat(report.crashes()).isPositive();
            assertThat(report.unknownOutcomes()).isPositive();
        }
    }
}
