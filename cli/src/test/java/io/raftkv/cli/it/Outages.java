package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.KeySlot;
import io.raftkv.kvclient.KvClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes to each shard again and again, one write at a time, and sums up for how long it was not served: an answer that comes
 * within {@link #PATIENCE_MS} counts as served, of a later one the time beyond that does not.
 */
final class Outages implements AutoCloseable {
    private static final int PATIENCE_MS = 100;
    private static final int PAUSE_MS = 50;

    private final KvClient client;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<AtomicLong> unservedNanos = new ArrayList<>();
    private long startNanos = System.nanoTime();

    Outages(String coordinators, int shards) {
        client = KvClient.connect(ClientConfig.of(coordinators));
        for (int shard = 0; shard < shards; shard++) {
            unservedNanos.add(new AtomicLong());
            write(keyOf(shard, shards), shard);
        }
    }

    private static String keyOf(int shard, int shards) {
        for (int i = 0; ; i++) {
            String key = "outages:" + i;
            if (KeySlot.shardOf(key.getBytes(StandardCharsets.UTF_8), shards) == shard) {
                return key;
            }
        }
    }

    private void write(String key, int shard) {
        long start = System.nanoTime();
        client.async().put(key, "x").whenComplete((nothing, failure) -> {
            long unserved = System.nanoTime() - start - TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
            unservedNanos.get(shard).addAndGet(Math.max(0, unserved));
            if (failure != null && !timer.isShutdown()) {
                failures.add("shard " + shard + ": " + failure.getMessage());
            }
            if (!timer.isShutdown()) {
                timer.schedule(() -> write(key, shard), PAUSE_MS, TimeUnit.MILLISECONDS);
            }
        });
    }

    /** Since the last time, for how long the shard that was served worst was not served, all its outages together. */
    String worst() {
        long unserved = unservedNanos.stream()
                .mapToLong(nanos -> nanos.getAndSet(0))
                .max()
                .orElse(0);
        long now = System.nanoTime();
        long elapsed = now - startNanos;
        startNanos = now;
        return "no shard was unserved for more than " + unserved / 1_000_000 + " of " + elapsed / 1_000_000 + " ms";
    }

    /** No write may have failed. */
    void check() {
        assertThat(failures).isEmpty();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        client.close();
    }
}
