package io.raftkv.kvserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.Placement;
import io.raftkv.callback.ShardMap;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.coordinator.Coordinator;
import io.raftkv.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shards with data that move between real servers, with a real coordinator. */
@Timeout(120)
class MovesTest {
    private static final int SHARDS = 4;
    private static final int KEYS = 60;

    @TempDir
    Path root;

    private final List<HostPort> addresses = new ArrayList<>();
    private final Map<Integer, KvServer> servers = new TreeMap<>();
    private final RoutingClient clients = new RoutingClient();
    private Coordinator coordinator;
    private CoordinatorClient control;

    @BeforeEach
    void start() throws Exception {
        coordinator = Coordinator.start(coordinatorConfig(FreePorts.next()));
        control = CoordinatorClient.open(ClientConfig.of(List.of(coordinator.address())));
        for (int i = 0; i < 9; i++) {
            addresses.add(new HostPort("127.0.0.1", FreePorts.next()));
        }
    }

    private CoordinatorConfig coordinatorConfig(int port) {
        return CoordinatorConfig.builder()
                .listen(new HostPort("127.0.0.1", port))
                .clusterSize(1)
                .clusterName("moves-test-" + port)
                .shards(SHARDS)
                .data(root.resolve("coordinator"))
                .build();
    }

    @AfterEach
    void stop() {
        clients.close();
        servers.values().forEach(KvServer::close);
        control.close();
        coordinator.close();
    }

    private void startServers(int... numbers) throws IOException {
        for (int number : numbers) {
            startServer(number, "server" + number);
        }
    }

    private void startServer(int number, String folder) throws IOException {
        servers.put(
                number,
                KvServer.start(ServerConfig.builder()
                        .listen(addresses.get(number))
                        .data(root.resolve(folder))
                        .coordinators(List.of(coordinator.address()))
                        .ioThreads(1)
                        .heartbeatMs(50)
                        .electionMinMs(300)
                        .electionMaxMs(600)
                        .build()));
    }

    private void stopServer(int number) {
        servers.remove(number).close();
    }

    private void join(int gid, int... numbers) {
        List<String> group = Arrays.stream(numbers)
                .mapToObj(n -> addresses.get(n).toString())
                .toList();
        control.join(new TreeMap<>(Map.of(gid, group)));
    }

    /** Until each shard is where the map wants it, and its leader is registered. */
    private void awaitInPlace() {
        await().atMost(Duration.ofSeconds(40))
                .ignoreException(java.util.NoSuchElementException.class)
                .untilAsserted(() -> {
                    ShardMap map = control.query();
                    List<String> slots = control.slots("kv");
                    Map<Integer, Placement> placements =
                            control.placements().stream().collect(Collectors.toMap(Placement::shard, p -> p));
                    Map<String, Long> ids = control.servers();
                    for (int shard = 0; shard < SHARDS; shard++) {
                        Set<Long> wanted =
                                map.serversOf(shard).stream().map(ids::get).collect(Collectors.toSet());
                        Placement placement = placements.get(shard);
                        Set<Long> actual = placement == null
                                ? control.genesis(shard).orElseThrow().voters().stream()
                                        .map(voter -> voter.server())
                                        .collect(Collectors.toSet())
                                : placement.voters().keySet();
                        assertThat(actual).as("servers of shard " + shard).isEqualTo(wanted);
                        assertThat(slots).hasSize(SHARDS);
                        assertThat(map.serversOf(shard)).contains(slots.get(shard));
                    }
                });
    }

    /** The shards of which a server has a copy. */
    private Set<Long> copies(int server) throws Exception {
        return clients.ask(addresses.get(server), "RKV.STATUS").asList().stream()
                .map(row -> row.asMap().get("shard").asLong())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String moveText(int server, int shard) throws Exception {
        return clients.ask(addresses.get(server), "RKV.STATUS").asList().stream()
                .map(RespValue::asMap)
                .filter(row -> row.get("shard").asLong() == shard)
                .map(row -> row.get("move").asText())
                .findFirst()
                .orElse("");
    }

    private void write(int server) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            assertThat(clients.call(addresses.get(server), "SET", "key" + i, "value" + i))
                    .isEqualTo(RespValue.ok());
        }
    }

    private void assertAllThere(int server) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            assertThat(clients.call(addresses.get(server), "GET", "key" + i)).isEqualTo(RespValue.bulk("value" + i));
        }
    }

    @Test
    void shardsMoveToServersThatJoinAndAwayFromThoseThatLeave() throws Exception {
        startServers(0, 1, 2);
        join(1, 0, 1, 2);
        awaitInPlace();
        write(0);

        startServers(3, 4, 5);
        join(2, 3, 4, 5);
        awaitInPlace();
        assertAllThere(0);
        assertAllThere(4);

        control.leave(List.of(1));
        awaitInPlace();
        assertAllThere(0);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            for (int server = 0; server < 3; server++) {
                assertThat(copies(server)).as("copies on server " + server).isEmpty();
            }
        });
        // And back, to servers whose earlier replicas are gone for good.
        join(1, 0, 1, 2);
        control.leave(List.of(2));
        awaitInPlace();
        assertAllThere(1);
        for (int server : new int[] {0, 1, 2}) {
            stopServer(server);
        }
        startServers(0, 1, 2);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(clients.tryCall(addresses.get(0), "GET", "key1"))
                        .isEqualTo(RespValue.bulk("value1")));
        assertAllThere(2);
    }

    @Test
    void aServerThatWasDownFindsOutThatItsShardsMovedAway() throws Exception {
        startServers(0, 1, 2, 3, 4, 5);
        join(1, 0, 1, 2);
        awaitInPlace();
        write(0);
        stopServer(2);
        join(2, 3, 4, 5);
        control.leave(List.of(1));
        awaitInPlace();
        // Nobody is left that it knows of.
        stopServer(0);
        stopServer(1);

        startServers(2);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(copies(2)).isEmpty());
        assertAllThere(2);
    }

    @Test
    void aMoveToServersThatAreDownWaitsSaysSoAndCanBeTakenBack() throws Exception {
        startServers(0, 1, 2, 3);
        join(1, 0, 1, 2);
        awaitInPlace();
        write(0);
        join(2, 3, 4, 5);
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(IntStream.range(0, SHARDS)
                        .mapToObj(this::moveTextOfLeader)
                        .toList())
                .contains("waits for the servers at " + addresses.get(4) + ", " + addresses.get(5)
                        + ", which have not announced themselves"));
        assertAllThere(1);
        startServers(4, 5);
        awaitInPlace();

        stopServer(5);
        control.move(0, 2);
        control.move(1, 2);
        awaitInPlaceOn(2, 3, 4, 5);
        control.move(0, 1);
        control.move(1, 1);
        awaitInPlace();
        assertAllThere(0);
    }

    /** A majority of the new servers is enough to begin, but all must hold the data first: so nothing moves meanwhile. */
    private void awaitInPlaceOn(int... server) {
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(IntStream.range(0, SHARDS)
                        .mapToObj(this::moveTextOfLeader)
                        .anyMatch(text -> text.contains("has nothing yet")))
                .isTrue());
    }

    private String moveTextOfLeader(int shard) {
        try {
            HostPort leader = HostPort.parse(control.slots("kv").get(shard));
            return moveText(addresses.indexOf(leader), shard);
        } catch (Exception e) {
            return "no answer: " + e.getMessage();
        }
    }

    @Test
    void aServerWithAnEmptiedDiskIsFilledOnceItIsReplaced() throws Exception {
        startServers(0, 1, 2);
        join(1, 0, 1, 2);
        awaitInPlace();
        write(0);
        stopServer(1);
        startServer(1, "emptied");
        Throwable refused = servers.get(1).failure().get(10, java.util.concurrent.TimeUnit.SECONDS);
        assertThat(refused).hasMessageContaining("raftkv ctl replace " + addresses.get(1));
        stopServer(1);

        control.replaceServer(addresses.get(1));
        startServer(1, "emptied");
        awaitInPlace();
        assertThat(copies(1)).hasSize(SHARDS);
        stopServer(0);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(clients.tryCall(addresses.get(2), "GET", "key1"))
                        .isEqualTo(RespValue.bulk("value1")));
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> assertAllThere(1));
    }
}
