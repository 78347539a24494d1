package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.coordinator.state.CommandCodec.Request;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.sim.Client;
import io.raftkv.raft.sim.Report;
import io.raftkv.raft.sim.Simulator;
import io.raftkv.raft.sim.Workload;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The coordinator's state under crashes, partitions, slow disks and changes of members, on virtual time. */
class CoordinatorSimulationTest {
    @Test
    void replicasAgreeUnderFaults() throws Exception {
        Report report = Simulator.of(CoordinatorWorkload::new, CoordinatorSimulationTest.class)
                .run(50);
        System.out.println("coordinator simulation: " + report);
        assertThat(report.operations()).isGreaterThan(500L * report.runs());
        if (report.runs() >= 20) {
            assertThat(report.snapshotInstalls()).isPositive();
            assertThat(report.crashes()).isPositive();
            assertThat(report.unknownOutcomes()).isPositive();
        }
    }

    /** @param request null for a question about the map of shards */
    private record Ask(Request request) {}

    /** Commands of all kinds, some of them repeated under the same request id, and the map of shards. */
    private static final class CoordinatorWorkload implements Workload<CoordinatorState, Ask> {
        private final Map<Integer, Request> lastOfClient = new HashMap<>();

        @Override
        public CoordinatorState machine() {
            return new CoordinatorState(DeterminismTest.SHARDS, CoordinatorState.Observer.NONE);
        }

        @Override
        public Ask next(Client client) {
            RandomGenerator random = client.random();
            if (random.nextInt(4) == 0) {
                return new Ask(null);
            }
            Request last = lastOfClient.get(client.id());
            if (last != null && random.nextInt(4) == 0) {
                return new Ask(last);
            }
            RequestId id = new RequestId(client.id(), client.nextNumber());
            Request request = new Request(id, DeterminismTest.randomCommand(random));
            lastOfClient.put(client.id(), request);
            return new Ask(request);
        }

        @Override
        public Bytes command(Ask ask) {
            return ask.request() == null ? null : CommandCodec.encode(ask.request());
        }

        @Override
        public Object query(CoordinatorState state, Ask ask) {
            return state.map(-1);
        }

        @Override
        public int hashEvery() {
            return 32;
        }
    }
}
