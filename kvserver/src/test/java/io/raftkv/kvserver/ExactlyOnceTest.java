package io.raftkv.kvserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.kvclient.KvClient;
import io.raftkv.kvclient.KvClientConfig;
import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespServer;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three real servers that are lost in turn, as are some of their answers, under a client that counts. */
@Timeout(120)
class ExactlyOnceTest {
    private static final int SHARDS = 2;
    private static final int WRITERS = 4;

    @TempDir
    Path folder;

    @Test
    void everyWriteCountsOnceThoughAnswersAndServersAreLost() throws Exception {
        KvServer[] servers = new KvServer[3];
        LossyProxy[] proxies = new LossyProxy[3];
        try (TestCluster cluster = new TestCluster(folder, 3, SHARDS);
                Slots slots = new Slots(cluster.address(0));
                KvClient client = KvClient.connect(slots.config().withRequestTimeoutMs(30_000))) {
            ServerConfig[] configs = new ServerConfig[3];
            for (int i = 0; i < 3; i++) {
                // Clients and peers are told the address of the proxy.
                HostPort hidden = new HostPort("127.0.0.1", FreePorts.next());
                configs[i] = cluster.config(i).toBuilder()
                        .listen(hidden)
                        .announce(cluster.address(i))
                        .build();
                proxies[i] = new LossyProxy(cluster.address(i), hidden, 50);
                servers[i] = KvServer.start(configs[i]);
            }
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong done = new AtomicLong();
            ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
            List<Future<Long>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                String key = "writer" + i;
                writers.add(threads.submit(() -> count(client, key, stop, done)));
            }
            for (int lost = 0; lost < 3; lost++) {
                awaitMore(done, writers);
                slots.server = cluster.address((lost + 1) % 3);
                servers[lost].close();
                awaitMore(done, writers);
                servers[lost] = KvServer.start(configs[lost]);
            }
            awaitMore(done, writers);
            stop.set(true);
            threads.shutdown();
            for (int i = 0; i < WRITERS; i++) {
                long count = writers.get(i).get(60, TimeUnit.SECONDS);
                assertThat(client.get("writer" + i)).isEqualTo(Long.toString(count));
                assertThat(client.get("writer" + i + "text")).hasSize((int) count);
            }
            assertThat(Stream.of(proxies).mapToLong(LossyProxy::lost).sum())
                    .as("answers that were lost")
                    .isGreaterThan(10);
        } finally {
            for (int i = 0; i < 3; i++) {
                if (servers[i] != null) {
                    servers[i].close();
                }
                if (proxies[i] != null) {
                    proxies[i].close();
                }
            }
        }
    }

    /** Nobody else writes to these keys, so each answer is one more than the one before. No failure is accepted. */
    private static long count(KvClient client, String key, AtomicBoolean stop, AtomicLong done) {
        long count = 0;
        while (!stop.get()) {
            count++;
            assertThat(client.increment(key, 1)).isEqualTo(count);
            assertThat(client.append(key + "text", "x")).isEqualTo(count);
            done.incrementAndGet();
        }
        return count;
    }

    private static void awaitMore(AtomicLong done, List<Future<Long>> writers) {
        long goal = done.get() + 100;
        Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> {
            for (Future<Long> writer : writers) {
                if (writer.isDone()) {
                    writer.get(); // It tells why it ended.
                }
            }
            return done.get() >= goal;
        });
    }

    /** As much of a coordinator as the client asks for: names one server for all shards, which knows the leaders. */
    private static final class Slots implements AutoCloseable {
        private final RespServer coordinator;
        private final ConnectionCommands basics = new ConnectionCommands(Map.of());
        private volatile HostPort server;

        Slots(HostPort server) throws Exception {
            this.server = server;
            coordinator = RespServer.builder().handler(this::answer).start();
        }

        KvClientConfig config() {
            return KvClientConfig.of("127.0.0.1:" + coordinator.port());
        }

        private void answer(RespConnection connection, byte[][] args, Reply reply) {
            switch (new String(args[0], StandardCharsets.UTF_8)) {
                case "COORD.INFO" -> reply.send(RespValue.map(RespValue.bulk("shards"), RespValue.integer(SHARDS)));
                case "SLOTS" ->
                    reply.send(RespValue.array(Collections.nCopies(SHARDS, RespValue.bulk(server.toString()))));
                default -> {
                    if (!basics.handle(connection, args, reply)) {
                        reply.error("ERR not here");
                    }
                }
            }
        }

        @Override
        public void close() {
            coordinator.close();
        }
    }
}
