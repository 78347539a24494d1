package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ClientConfig;
import io.raftkv.kvclient.KvClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three coordinators and nine servers as processes: shards move while they are written to, and while processes are killed.
 * Properties: {@code chaos.rounds} (1), {@code chaos.seed} (random; printed).
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(1_800)
class MovesIT {
    private static final int SHARDS = 10;
    private static final int KEYS = 100_000;
    private static final int IN_FLIGHT = 500;

    @TempDir
    static Path folder;

    private static Processes cluster;

    @BeforeAll
    static void start() {
        cluster = new Processes(folder, 3, 9, SHARDS);
        cluster.startCoordinators();
        cluster.startServers();
        cluster.awaitCoordinator();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static KvClient client() {
        return KvClient.connect(ClientConfig.of(cluster.coordinators()));
    }

    /** The servers of a group: 1 is the first three, and so on. */
    private static String servers(int group) {
        return Processes.addresses(cluster.serverPorts().subList(3 * group - 3, 3 * group));
    }

    private static String map(int version, String shards, int... groups) {
        List<String> texts = new ArrayList<>();
        for (int group : groups) {
            texts.add(group + ":[" + servers(group).replace(',', ' ') + "]");
        }
        return "{" + version + " [" + shards + "] map[" + String.join(" ", texts) + "]}";
    }

    @Test
    @Order(1)
    void nobodyNoticesThatShardsMove() throws Exception {
        cluster.ctl("join 1 " + servers(1), "wait --for 60s");
        write();
        try (CountingLoad load = new CountingLoad(cluster.coordinators());
                RedisLoad redis = new RedisLoad(cluster.serverPorts());
                KvClient reader = client();
                Outages outages = new Outages(cluster.coordinators(), SHARDS)) {
            load.await(300);
            System.out.println("while nothing moved: " + outages.worst());
            assertThat(cluster.ctl("join 2 " + servers(2), "wait --for 120s", "query"))
                    .isEqualTo("ok\nok\n" + map(2, "1 1 1 1 1 2 2 2 2 2", 1, 2) + "\n");
            load.await(300);
            assertThat(cluster.ctl("join 3 " + servers(3), "wait --for 120s", "query"))
                    .isEqualTo("ok\nok\n" + map(3, "1 1 1 1 3 2 2 2 3 3", 1, 2, 3) + "\n");
            load.await(300);
            assertThat(cluster.ctl("leave 1", "wait --for 120s", "query"))
                    .isEqualTo("ok\nok\n" + map(4, "2 3 2 3 3 2 2 2 3 3", 2, 3) + "\n");
            load.await(300);
            String unserved = outages.worst();
            load.stopAndCheck();
            redis.stopAndCheck(reader);
            System.out.println(redis);
            System.out.println(load.writes() + " writes while all shards moved; the longest took " + load.longestMs()
                    + " ms; " + unserved);
            assertThat(load.failures()).isEmpty();
            outages.check();
        }
        assertAllThere();
        assertThat(cluster.ctl("status")).as("copies that should be gone").doesNotContain("moving");
        for (int port : cluster.serverPorts().subList(0, 3)) {
            assertThat(cluster.shardsOf(port)).as("copies at port " + port).isEmpty();
        }
    }

    private static void write() throws Exception {
        try (KvClient client = client()) {
            List<CompletableFuture<Void>> writes = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                writes.add(client.async().put("key" + i, "value" + i));
                if (writes.size() == IN_FLIGHT) {
                    CompletableFuture.allOf(writes.toArray(new CompletableFuture<?>[0]))
                            .get(60, TimeUnit.SECONDS);
                    writes.clear();
                }
            }
            CompletableFuture.allOf(writes.toArray(new CompletableFuture<?>[0])).get(60, TimeUnit.SECONDS);
        }
    }

    private static void assertAllThere() throws Exception {
        try (KvClient client = client()) {
            for (int from = 0; from < KEYS; from += IN_FLIGHT) {
                List<CompletableFuture<String>> reads = IntStream.range(from, Math.min(KEYS, from + IN_FLIGHT))
                        .mapToObj(i -> client.async().get("key" + i))
                        .toList();
                for (int i = 0; i < reads.size(); i++) {
                    assertThat(reads.get(i).get(60, TimeUnit.SECONDS)).isEqualTo("value" + (from + i));
                }
            }
        }
    }

    /** Every few seconds a process is killed or the map changes; in the end all must be as wanted, and nothing lost. */
    @Test
    @Order(2)
    void losesNothingWhenProcessesAreKilledWhileShardsMove() throws Exception {
        long seed = Long.getLong("chaos.seed", System.nanoTime());
        int rounds = Integer.getInteger("chaos.rounds", 1);
        for (int round = 0; round < rounds; round++) {
            System.out.println("chaos round " + (round + 1) + " of " + rounds + ": -Dchaos.seed=" + (seed + round));
            SplittableRandom random = new SplittableRandom(seed + round);
            try (CountingLoad load = new CountingLoad(cluster.coordinators())) {
                for (int step = 0; step < 4; step++) {
                    load.await(50);
                    changeTheMap(random);
                    strike(random, load);
                }
                String last = cluster.ctl("query");
                cluster.ctl("wait --for 180s");
                load.await(300);
                load.stopAndCheck();
                System.out.println(
                        load.writes() + " writes, " + load.failures().size() + " not acknowledged; the longest took "
                                + load.longestMs() + " ms; in the end " + last.strip());
                load.failures().forEach(failure -> System.out.println("not acknowledged: " + failure));
            }
        }
        assertAllThere();
    }

    /** In good order: each hands over what it leads before it ends. */
    @Test
    @Order(3)
    void nobodyNoticesThatAllProcessesAreRestarted() throws Exception {
        try (CountingLoad load = new CountingLoad(cluster.coordinators());
                Outages outages = new Outages(cluster.coordinators(), SHARDS);
                RedisLoad redis = new RedisLoad(cluster.serverPorts());
                KvClient reader = client()) {
            load.await(300);
            redis.awaitUndisturbed(300);
            System.out.println("while nothing was restarted: " + outages.worst());
            List<Integer> all = new ArrayList<>(cluster.coordinatorPorts());
            all.addAll(cluster.serverPorts());
            for (int port : all) {
                cluster.terminate(port);
                load.await(20);
                cluster.startAgain(port);
                cluster.awaitAnswer(port);
            }
            cluster.ctl("wait --for 60s");
            load.await(300);
            redis.awaitUndisturbed(300);
            String unserved = outages.worst();
            load.stopAndCheck();
            redis.stopAndCheck(reader);
            System.out.println(redis);
            System.out.println(load.writes() + " writes while all processes were restarted; the longest took "
                    + load.longestMs() + " ms; " + unserved);
            assertThat(load.failures()).isEmpty();
            outages.check();
        }
    }

    private static void changeTheMap(SplittableRandom random) {
        String map = cluster.ctl("query");
        TreeSet<Integer> there = new TreeSet<>();
        for (int group = 1; group <= 3; group++) {
            if (map.contains(group + ":[")) {
                there.add(group);
            }
        }
        int group = 1 + random.nextInt(3);
        if (!there.contains(group)) {
            cluster.ctl("join " + group + " " + servers(group));
        } else if (there.size() > 1 && random.nextBoolean()) {
            cluster.ctl("leave " + group);
        } else {
            cluster.ctl("move " + random.nextInt(SHARDS) + " " + group);
        }
    }

    /**
     * Kills one process or two, each of another kind or group, and starts them again once the load went on without. In the middle
     * of a move two servers, an old one and a new one, may be most of the three that have a shard; then it cannot go on, and all
     * writers come to wait for that shard.
     */
    private static void strike(SplittableRandom random, CountingLoad load) throws Exception {
        List<Integer> victims = new ArrayList<>();
        int server = random.nextInt(9);
        victims.add(cluster.serverPorts().get(server));
        if (random.nextBoolean()) {
            victims.add(cluster.serverPorts().get((server + 3) % 9));
        }
        if (random.nextBoolean()) {
            victims.add(cluster.coordinatorPorts().get(random.nextInt(3)));
        }
        victims.forEach(cluster::kill);
        load.await(50, 3_000);
        victims.forEach(cluster::startAgain);
        // Else the next one to be killed would be one too many.
        victims.forEach(cluster::awaitAnswer);
    }
}
