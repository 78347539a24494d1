package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.raftkv.kvclient.KvClient;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import redis.clients.jedis.HostAndPort;

/**
 * Writers behind a cluster client of Jedis and one of Lettuce, both with default settings: what an application sees that
 * does nothing about failures but go on. Each write is of a key of its own, all over the hash slots, so that one which a
 * client sends again, or too late, hides nothing.
 */
final class RedisLoad implements AutoCloseable {
    private static final int WRITERS = 1;
    private static final int IN_FLIGHT = 500;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> running = new ArrayList<>();
    private final List<Client> clients;

    /** @param ports of the servers that the clients are told */
    RedisLoad(List<Integer> ports) {
        clients = List.of(jedis(ports), lettuce(ports));
        for (Client client : clients) {
            for (int i = 0; i < WRITERS; i++) {
                String prefix = client.name + ":" + Long.toHexString(System.nanoTime()) + ":" + i + ":";
                running.add(threads.submit(() -> client.work(prefix)));
            }
        }
    }

    private Client jedis(List<Integer> ports) {
        redis.clients.jedis.RedisClusterClient jedis = redis.clients.jedis.RedisClusterClient.builder()
                .nodes(ports.stream()
                        .map(port -> new HostAndPort("127.0.0.1", port))
                        .collect(Collectors.toSet()))
                .build();
        return new Client("Jedis", key -> jedis.set(key, key), jedis::close);
    }

    private Client lettuce(List<Integer> ports) {
        RedisClusterClient lettuce = RedisClusterClient.create(
                ports.stream().map(port -> RedisURI.create("127.0.0.1", port)).toList());
        StatefulRedisClusterConnection<String, String> connection = lettuce.connect();
        return new Client("Lettuce", key -> connection.sync().set(key, key), () -> {
            connection.close();
            lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        });
    }

    /** Waits until every client has had so many more writes acknowledged, with no failure among them. */
    void awaitUndisturbed(int writes) {
        clients.forEach(client -> client.sinceFailure = 0);
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(clients).allSatisfy(client -> assertThat(client.sinceFailure)
                        .as("writes of %s since the last that failed: %s", client.name, client)
                        .isGreaterThanOrEqualTo(writes)));
    }

    /** Ends it, and looks at everything that was acknowledged. Of a hundred writes at most one may have failed. */
    void stopAndCheck(KvClient reader) throws Exception {
        stop.set(true);
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        for (Future<?> writer : running) {
            writer.get();
        }
        for (Client client : clients) {
            assertThat(client.failed).as(client.toString()).isLessThanOrEqualTo(client.writes / 100);
            List<String> keys = List.copyOf(client.acknowledged);
            for (int from = 0; from < keys.size(); from += IN_FLIGHT) {
                List<String> some = keys.subList(from, Math.min(keys.size(), from + IN_FLIGHT));
                List<CompletableFuture<String>> reads =
                        some.stream().map(reader.async()::get).toList();
                for (int i = 0; i < reads.size(); i++) {
                    assertThat(reads.get(i).get(60, TimeUnit.SECONDS))
                            .as("an acknowledged write")
                            .isEqualTo(some.get(i));
                }
            }
        }
    }

    /** What became of the writes, a line for each client. */
    @Override
    public String toString() {
        return clients.stream().map(Client::toString).collect(Collectors.joining("\n"));
    }

    @Override
    public void close() throws IOException {
        stop.set(true);
        threads.shutdownNow();
        for (Client client : clients) {
            client.connections.close();
        }
    }

    private final class Client {
        final String name;
        private final UnaryOperator<String> set;
        final Closeable connections;
        final ConcurrentLinkedQueue<String> acknowledged = new ConcurrentLinkedQueue<>();
        private final Map<String, Integer> failures = new TreeMap<>();
        private int failed;
        private int writes;
        /** When the last write was acknowledged, or the first one sent. */
        private long lastNanos;

        private long longestGapNanos;
        private long longestWriteNanos;
        volatile int sinceFailure;

        /** @param set writes a key that is its own value, and returns the answer */
        Client(String name, UnaryOperator<String> set, Closeable connections) {
            this.name = name;
            this.set = set;
            this.connections = connections;
        }

        void work(String prefix) {
            for (int i = 0; !stop.get(); i++) {
                long start = System.nanoTime();
                begins(start);
                try {
                    assertThat(set.apply(prefix + i)).isEqualTo("OK");
                    succeeds(prefix + i, start);
                } catch (RuntimeException failure) {
                    fails(failure, start);
                }
            }
        }

        private synchronized void begins(long start) {
            lastNanos = lastNanos == 0 ? start : lastNanos;
        }

        private synchronized void succeeds(String key, long start) {
            long now = System.nanoTime();
            acknowledged.add(key);
            writes++;
            sinceFailure++;
            longestWriteNanos = Math.max(longestWriteNanos, now - start);
            longestGapNanos = Math.max(longestGapNanos, now - lastNanos);
            lastNanos = now;
        }

        private synchronized void fails(RuntimeException failure, long start) {
            failed++;
            sinceFailure = 0;
            longestWriteNanos = Math.max(longestWriteNanos, System.nanoTime() - start);
            failures.merge(kind(failure), 1, Integer::sum);
        }

        /** Without the addresses and numbers in it. */
        private static String kind(Throwable failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            String text = failure + (cause == failure ? "" : " by " + cause);
            return text.replaceAll("[0-9]+", "N");
        }

        @Override
        public synchronized String toString() {
            return name + ": " + writes + " writes acknowledged, the longest write took "
                    + longestWriteNanos / 1_000_000 + " ms, the longest time without one " + longestGapNanos / 1_000_000
                    + " ms; " + failed + " failed " + failures;
        }
    }
}
