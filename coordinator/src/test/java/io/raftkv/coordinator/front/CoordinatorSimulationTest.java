package io.raftkv.coordinator.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.sim.Report;
import io.raftkv.raft.sim.Simulator;
import org.junit.jupiter.api.Test;

/**
 * The coordinator under crashes, partitions, slow disks and changes of its own nodes, on virtual time: the replicated state, and
 * what each node does beside it to carry out requests, to end sessions and to change the nodes. Only JGroups is not there.
 */
class CoordinatorSimulationTest {
    @Test
    void keepsItsWordWhileNodesFailComeAndGo() throws Exception {
        SimOperators.Counts counts = new SimOperators.Counts();
        Report report = Simulator.of(() -> new CoordinatorWorkload(counts), CoordinatorSimulationTest.class)
                .run(50);
        System.out.println("coordinator simulation: " + report + "; " + counts);
        assertThat(report.operations()).isGreaterThan(500L * report.runs());
        if (report.runs() >= 20) {
            assertThat(report.snapshotInstalls()).isPositive();
            assertThat(report.crashes()).isPositive();
            assertThat(report.unknownOutcomes()).isPositive();
            // About three runs of five change the nodes.
            assertThat(counts.wishes.get()).isGreaterThan(2L * report.runs());
            assertThat(counts.joined.get()).isGreaterThan(report.runs() / 2);
            assertThat(counts.left.get()).isGreaterThan(report.runs());
            assertThat(counts.takenBack.get()).isPositive();
            assertThat(counts.refused.get()).isPositive();
            assertThat(counts.moved.get()).isPositive();
        }
    }
}
