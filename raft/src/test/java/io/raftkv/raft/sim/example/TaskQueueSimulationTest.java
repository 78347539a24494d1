package io.raftkv.raft.sim.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.raftkv.raft.sim.Report;
import io.raftkv.raft.sim.SimFailure;
import io.raftkv.raft.sim.Simulator;
import io.raftkv.raft.sim.example.TaskQueue.Mistake;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a test of a state machine of one's own looks like, and that it finds what is wrong with one. */
class TaskQueueSimulationTest {
    private static final List<Long> SEEDS =
            LongStream.rangeClosed(1, 10).boxed().toList();
    /** The first one that finds something ends it. */
    private static final List<Long> SEEDS_TO_FIND =
            LongStream.rangeClosed(1, 100).boxed().toList();

    private static Simulator simulator(Mistake mistake) {
        return Simulator.of(() -> new TaskQueueWorkload(mistake), TaskQueueSimulationTest.class);
    }

    @Test
    void survivesFaults() {
        Report report = simulator(Mistake.NONE).run(SEEDS);
        assertThat(report.operations()).isGreaterThan(1000);
        assertThat(report.crashes()).isPositive();
        assertThat(report.snapshotInstalls()).isPositive();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void findsMistakes(Mistake mistake) {
        SimFailure found =
                catchThrowableOfType(SimFailure.class, () -> simulator(mistake).run(SEEDS_TO_FIND));
        assertThat(found)
                .hasMessageContaining("state machine safety")
                .hasMessageContaining("run it again: ./mvnw")
                .hasMessageContaining("-Dsim.seed=");
    }
}
