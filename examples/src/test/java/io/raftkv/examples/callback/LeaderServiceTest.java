package io.raftkv.examples.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.coordinator.Coordinator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LeaderServiceTest {
    private static final String SERVICE = "leader-example";

    @TempDir
    Path folder;

    private Coordinator startCoordinator() throws IOException, InterruptedException {
        Coordinator coordinator = Coordinator.start(CoordinatorConfig.builder()
                .listen(new HostPort("127.0.0.1", 0))
                .clusterSize(1)
                .clusterName("test-" + UUID.randomUUID())
                .jgroupsPort(0)
                .data(folder)
                .build());
        assertThat(coordinator.awaitReady(Duration.ofSeconds(30))).isTrue();
        return coordinator;
    }

    /** An instance with what it printed. */
    private static final class Instance implements AutoCloseable {
        private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        private final LeaderService service;

        Instance(ClientConfig config, int index, String address) {
            service = new LeaderService(index, address, new PrintStream(printed, true, StandardCharsets.UTF_8));
            service.start(config);
        }

        void prints(String... lines) {
            await().untilAsserted(() ->
                    assertThat(printed.toString(StandardCharsets.UTF_8).lines()).containsExactly(lines));
        }

        void leave() {
            service.close();
        }

        @Override
        public void close() {
            leave();
        }
    }

    @Test
    void theNextInstanceTakesOverWhenTheLeaderLeaves() throws Exception {
        try (Coordinator coordinator = startCoordinator()) {
            takesOver(ClientConfig.of(List.of(coordinator.address())).withService(SERVICE));
        }
    }

    private static void takesOver(ClientConfig config) {
        try (Instance a = new Instance(config, 0, "127.0.0.1:9000");
                CoordinatorClient client = CoordinatorClient.open(config)) {
            a.prints("onBecomeLeader: I lead in epoch 1", "onSlotChanged: slot 0 is 127.0.0.1:9000");
            try (Instance b = new Instance(config, 1, "127.0.0.1:9001")) {
                b.prints("onSelectLeaderFailed: epoch 1 is not above 1");
                a.leave();
                b.prints(
                        "onSelectLeaderFailed: epoch 1 is not above 1",
                        "onMemberLeave: 127.0.0.1:9000",
                        "onLeaderFailed: the leader of epoch 1 left",
                        "onBecomeLeader: I lead in epoch 2",
                        "onSlotChanged: slot 0 is 127.0.0.1:9001");
                assertThat(client.slots(SERVICE)).containsExactly("127.0.0.1:9001");
                assertThat(client.alive(SERVICE)).containsExactly("127.0.0.1:9001");
            }
            a.prints(
                    "onBecomeLeader: I lead in epoch 1",
                    "onSlotChanged: slot 0 is 127.0.0.1:9000",
                    "onMemberJoin: 127.0.0.1:9001 with index 1");
            try (Instance c = new Instance(config, 0, "127.0.0.1:9000")) {
                c.prints(
                        "onSelectLeaderFailed: epoch 1 is not above 2",
                        "onBecomeLeader: I lead in epoch 3",
                        "onSlotChanged: slot 0 is 127.0.0.1:9000");
            }
        }
    }

    @Test
    void saysHowItIsCalled() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        assertThat(LeaderService.run(new String[] {"nonsense", "0", "a:1"}, stream, stream))
                .isEqualTo(2);
        assertThat(LeaderService.run(new String[0], stream, stream)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("usage: LeaderService coordinators index address; ");
    }
}
