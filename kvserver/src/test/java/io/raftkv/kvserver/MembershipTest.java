package io.raftkv.kvserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.coordinator.Coordinator;
import io.raftkv.resp.RespValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers and a real coordinator. */
@Timeout(60)
class MembershipTest {
    private static final int SHARDS = 3;

    @TempDir
    static Path root;

    private static Coordinator coordinator;
    private static CoordinatorClient client;

    @BeforeAll
    static void start() throws Exception {
        int port = FreePorts.next();
        coordinator = Coordinator.start(CoordinatorConfig.builder()
                .listen(new HostPort("127.0.0.1", port))
                .clusterSize(1)
                .clusterName("membership-test-" + port)
                .shards(SHARDS)
                .data(root.resolve("coordinator"))
                .build());
        client = CoordinatorClient.open(ClientConfig.of(List.of(coordinator.address())));
    }

    @AfterAll
    static void stop() {
        client.close();
        coordinator.close();
    }

    private static ServerConfig config(HostPort address, String folder) {
        return ServerConfig.builder()
                .listen(address)
                .data(root.resolve(folder))
                .coordinators(List.of(coordinator.address()))
                .heartbeatMs(50)
                .electionMinMs(200)
                .electionMaxMs(400)
                .build();
    }

    /** One test, as each step needs the state that the one before left behind. */
    @Test
    void opensItsShardsWhenItsGroupIsKnownRegistersThemAndRefusesOthersAtItsAddress() throws Exception {
        HostPort first = new HostPort("127.0.0.1", FreePorts.next());
        HostPort second = new HostPort("127.0.0.1", FreePorts.next());
        try (RoutingClient clients = new RoutingClient();
                KvServer one = KvServer.start(config(first, "one"))) {
            assertThat(clients.ask(first, "GET", "a").errorMessage()).startsWith("CLUSTERDOWN");
            client.join(new TreeMap<>(Map.of(1, List.of(first.toString(), ":" + second.port()))));
            await().atMost(10, TimeUnit.SECONDS).untilAsserted(() -> assertThat(states(clients, first))
                    .hasSize(SHARDS)
                    .allSatisfy(
                            state -> assertThat(state).startsWith("waiting for").contains("" + second.port())));

            try (KvServer two = KvServer.start(config(second, "two"))) {
                await().atMost(15, TimeUnit.SECONDS).untilAsserted(() -> assertThat(client.slots("kv"))
                        .hasSize(SHARDS)
                        .isSubsetOf(first.toString(), second.toString()));
                assertThat(clients.call(first, "SET", "a", "1")).isEqualTo(RespValue.ok());
                assertThat(clients.call(second, "GET", "a")).isEqualTo(RespValue.bulk("1"));
                assertThat(client.alive("kv")).containsExactlyInAnyOrder(first.toString(), second.toString());
                assertThat(clients.ask(first, "CLUSTER", "INFO").asText())
                        .startsWith("cluster_state:ok\r\n")
                        .contains("cluster_known_nodes:2\r\n");
                assertThat(one.failure()).isNotDone();
                assertThat(two.address()).isEqualTo(second);
            }
            await().atMost(5, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(client.alive("kv")).containsExactly(first.toString()));
            try (KvServer impostor = KvServer.start(config(second, "impostor"))) {
                Throwable why = impostor.failure().get(10, TimeUnit.SECONDS);
                assertThat(why).hasMessageContaining(second.toString()).hasMessageContaining("belongs to server");
            }
            try (KvServer again = KvServer.start(config(second, "two"))) {
                await().atMost(15, TimeUnit.SECONDS).untilAsserted(() -> assertThat(clients.tryCall(second, "GET", "a"))
                        .isEqualTo(RespValue.bulk("1")));
                assertThat(again.failure()).isNotDone();
            }
        }
    }

    private static List<String> states(RoutingClient clients, HostPort server) throws Exception {
        return clients.ask(server, "RKV.STATUS").asList().stream()
                .map(row -> row.asMap().get("state").asText())
                .toList();
    }
}
