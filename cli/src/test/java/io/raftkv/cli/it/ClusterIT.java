package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.KeySlot;
import io.raftkv.kvclient.KvClient;
import io.raftkv.kvclient.KvClientConfig;
import io.raftkv.kvclient.KvException;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;

/** Three coordinators and two groups of three KV servers as processes; one cluster for all tests, in their order. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {
    private static final int SHARDS = 16;

    @TempDir
    static Path folder;

    private static Processes cluster;

    @BeforeAll
    static void start() {
        cluster = new Processes(folder, 3, 6, SHARDS);
        cluster.startCoordinators();
        cluster.awaitCoordinator();
        cluster.ctl("join 1 " + Processes.addresses(cluster.serverPorts().subList(0, 3)) + " 2 "
                + Processes.addresses(cluster.serverPorts().subList(3, 6)));
        cluster.startServers();
        cluster.awaitShards();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static KvClient client() {
        return KvClient.connect(ClientConfig.of(cluster.coordinators()));
    }

    @Test
    @Order(1)
    void theShellDoesWhatItSays() {
        Processes.Result result = Processes.run(
                "PUT hello world\nget hello\nAPPEND hello !\nGET hello\nGET nokey\ndelete hello\nGET hello\nINCR n\n",
                "shell",
                "--coordinators",
                cluster.coordinators());
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines().toList())
                .containsExactly("ok", "world", "ok", "world!", "(nil)", "ok", "(nil)", "(integer) 1");
        assertThat(result.code()).isZero();
    }

    @Test
    @Order(2)
    void takesKeysAndValuesOfEveryKind() {
        byte[] binary = new byte[256];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) i;
        }
        byte[] large = new byte[1 << 20];
        Arrays.fill(large, (byte) 'x');
        Map<byte[], byte[]> pairs = Map.of(
                "order1".getBytes(StandardCharsets.UTF_8),
                "negative Java hash".getBytes(StandardCharsets.UTF_8),
                "键".getBytes(StandardCharsets.UTF_8),
                "值".getBytes(StandardCharsets.UTF_8),
                binary,
                binary,
                "empty".getBytes(StandardCharsets.UTF_8),
                new byte[0],
                "large".getBytes(StandardCharsets.UTF_8),
                large);
        try (KvClient client = client()) {
            pairs.forEach(client::put);
            pairs.forEach((key, value) -> assertThat(client.get(key)).isEqualTo(value));
        }
    }

    @Test
    @Order(3)
    void jedisAndLettuceWork() {
        Set<HostAndPort> nodes = cluster.serverPorts().stream()
                .map(port -> new HostAndPort("127.0.0.1", port))
                .collect(Collectors.toSet());
        try (redis.clients.jedis.RedisClusterClient jedis =
                redis.clients.jedis.RedisClusterClient.builder().nodes(nodes).build()) {
            for (int i = 0; i < 200; i++) {
                assertThat(jedis.set("jedis:" + i, "v" + i)).isEqualTo("OK");
            }
            for (int i = 0; i < 200; i++) {
                assertThat(jedis.get("jedis:" + i)).isEqualTo("v" + i);
            }
            assertThat(jedis.incrBy("jedis:n", 5)).isEqualTo(5);
            assertThat(jedis.mget("{a}1", "{a}2")).containsExactly(null, null);
        }
        RedisClusterClient lettuce = RedisClusterClient.create(
                RedisURI.create("127.0.0.1", cluster.serverPorts().get(4)));
        try (StatefulRedisClusterConnection<String, String> connection = lettuce.connect()) {
            for (int i = 0; i < 200; i++) {
                assertThat(connection.sync().set("lettuce:" + i, "v" + i)).isEqualTo("OK");
            }
            for (int i = 0; i < 200; i++) {
                assertThat(connection.sync().get("jedis:" + i)).isEqualTo("v" + i);
                assertThat(connection.sync().get("lettuce:" + i)).isEqualTo("v" + i);
            }
        } finally {
            lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    @Test
    @Order(4)
    void losesNothingWhenALeaderIsKilledUnderLoad() throws Exception {
        try (KvClient client = client()) {
            for (int i = 0; i < 1000; i++) {
                client.put("key:" + i, "value:" + i);
            }
            int victim = cluster.leaders().get(0);
            Load load = new Load(false);
            load.await(200);
            cluster.kill(victim);
            load.await(400);
            for (int i = 0; i < 1000; i++) {
                assertThat(client.get("key:" + i)).isEqualTo("value:" + i);
                client.put("key:" + i, "again:" + i);
            }
            load.stopAndCheck();
            cluster.startServer(cluster.serverPorts().indexOf(victim));
        }
    }

    @Test
    @Order(5)
    void losesNothingWhenEverythingIsKilledUnderLoad() throws Exception {
        Load load = new Load(true);
        load.await(200);
        cluster.killAll();
        load.stop();
        cluster.startCoordinators();
        cluster.startServers();
        cluster.awaitCoordinator();
        cluster.awaitShards();
        load.check();
        try (KvClient client = client()) {
            for (int i = 0; i < 1000; i++) {
                assertThat(client.get("key:" + i)).isEqualTo("again:" + i);
            }
            assertThat(client.get("large".getBytes(StandardCharsets.UTF_8))).hasSize(1 << 20);
        }
    }

    @Test
    @Order(6)
    void servesWithoutTheCoordinator() {
        try (KvClient client = client()) {
            client.put("before", "x");
            cluster.coordinatorPorts().forEach(cluster::kill);
            for (int i = 0; i < 100; i++) {
                client.put("without:" + i, "v" + i);
                assertThat(client.get("without:" + i)).isEqualTo("v" + i);
            }
            // Servers may come and go meanwhile: who leads is told by the servers themselves.
            for (int port :
                    List.of(cluster.serverPorts().get(0), cluster.serverPorts().get(1))) {
                cluster.kill(port);
                for (int i = 0; i < 100; i++) {
                    client.put("without:" + i, "w" + i);
                }
                cluster.startAgain(port);
                cluster.awaitAnswer(port);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(client.get("without:" + i)).isEqualTo("w" + i);
            }
            cluster.startCoordinators();
            cluster.awaitCoordinator();
        }
    }

    /** Its peers elect another one; what waits in its sockets is answered when it wakes up, and must not be answered from what it had. */
    @Test
    @Order(7)
    void aLeaderThatWasStoppedAnswersNothingStale() throws Exception {
        String key = "stale{" + keyOf(0) + "}";
        // The first server of its group should lead the shard: once it is handed over to it, it stays there.
        int port = cluster.serverPorts().get(0);
        cluster.awaitLeadership(port, 0);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (KvClient client = client();
                RespClient direct = RespClient.connect(loops, "127.0.0.1", port, RespClient.Options.DEFAULT)
                        .get(10, TimeUnit.SECONDS)) {
            client.put(key, "old");
            assertThat(direct.send("GET", key).get(10, TimeUnit.SECONDS)).isEqualTo(RespValue.bulk("old"));
            long term = cluster.termLed(port, 0);
            cluster.signal(port, "STOP");
            List<CompletableFuture<RespValue>> answers = new ArrayList<>();
            try {
                client.put(key, "new");
                for (int i = 0; i < 100; i++) {
                    answers.add(direct.send("GET", key));
                }
            } finally {
                cluster.signal(port, "CONT");
            }
            for (CompletableFuture<RespValue> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS)).isNotEqualTo(RespValue.bulk("old"));
            }
            assertThat(client.get(key)).isEqualTo("new");
            // Its own again, perhaps, but not because of what it was when it was stopped.
            cluster.awaitSlot(0, term + 1);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** A text whose hash slot is in the shard. */
    private static String keyOf(int shard) {
        int i = 0;
        while (KeySlot.shardOf(String.valueOf(i).getBytes(StandardCharsets.UTF_8), SHARDS) != shard) {
            i++;
        }
        return String.valueOf(i);
    }

    /**
     * Writers that count, each on a key of its own, and remember what was acknowledged. Each try counts once at most, however
     * often it had to be sent.
     */
    private static final class Load {
        private static final int WRITERS = 8;

        private final AtomicBoolean stop = new AtomicBoolean();
        private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
        private final Map<String, Integer> attempted = new ConcurrentHashMap<>();
        private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        private final List<Future<?>> writers = new ArrayList<>();
        /** Patient enough for an election on a busy machine. */
        private final KvClient client =
                KvClient.connect(KvClientConfig.of(cluster.coordinators()).withRequestTimeoutMs(30_000));

        private final boolean mayFail;
        private volatile CountDownLatch goal = new CountDownLatch(0);

        /** @param mayFail whether so much fails that writes may end without an answer */
        Load(boolean mayFail) {
            this.mayFail = mayFail;
            for (int i = 0; i < WRITERS; i++) {
                String key = "load:" + System.nanoTime() + ":" + i;
                writers.add(threads.submit(() -> write(key)));
            }
        }

        private void write(String key) {
            for (int i = 1; !stop.get(); i++) {
                attempted.put(key, i);
                try {
                    long value = client.increment(key, 1);
                    int before = acknowledged.getOrDefault(key, 0);
                    assertThat(value).as(key).isBetween(before + 1L, (long) i);
                    acknowledged.put(key, before + 1);
                    goal.countDown();
                } catch (KvException notAcknowledged) {
                    assertThat(mayFail || stop.get())
                            .as("one server is not enough to fail a write: %s", notAcknowledged)
                            .isTrue();
                }
            }
        }

        /** Waits for {@code writes} more acknowledgements. */
        void await(int writes) throws InterruptedException {
            CountDownLatch latch = new CountDownLatch(writes);
            goal = latch;
            assertThat(latch.await(30, TimeUnit.SECONDS)).as("writes go on").isTrue();
        }

        void stop() throws Exception {
            stop.set(true);
            client.close();
            threads.shutdown();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
            for (Future<?> writer : writers) {
                writer.get();
            }
        }

        void check() {
            assertThat(acknowledged).hasSize(WRITERS);
            try (KvClient reader = client()) {
                acknowledged.forEach((key, value) ->
                        assertThat(Integer.parseInt(reader.get(key))).as(key).isBetween(value, attempted.get(key)));
            }
        }

        void stopAndCheck() throws Exception {
            stop();
            check();
        }
    }
}
