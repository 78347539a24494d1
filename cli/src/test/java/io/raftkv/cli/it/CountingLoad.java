package io.raftkv.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ClientConfig;
import io.raftkv.kvclient.KvClient;
import io.raftkv.kvclient.KvException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writers that put, increment and append, each to keys of its own, so that it knows after each step what must be there, and
 * a reader that never may see less than was acknowledged before it asked. What a writer sees is checked as it goes on.
 */
final class CountingLoad implements AutoCloseable {
    private static final int WRITERS = 8;
    /** Longer texts are begun anew. */
    private static final int MAX_TEXT = 2_000;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Writer> writers = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 1);
    private final List<Future<?>> running = new ArrayList<>();
    private final KvClient client;
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicReference<CountDownLatch> goal = new AtomicReference<>(new CountDownLatch(0));

    CountingLoad(String coordinators) {
        client = KvClient.connect(ClientConfig.of(coordinators));
        for (int i = 0; i < WRITERS; i++) {
            Writer writer = new Writer("load:" + Long.toHexString(System.nanoTime()) + ":" + i);
            writers.add(writer);
            running.add(threads.submit(writer::work));
        }
        running.add(threads.submit(this::read));
    }

    /** Waits for so many more writes. */
    void await(int writes) throws Exception {
        await(writes, Long.MAX_VALUE);
    }

    /** Likewise, for {@code maxMs} milliseconds or a little more if there are not so many. */
    void await(int writes, long maxMs) throws Exception {
        CountDownLatch latch = new CountDownLatch(writes);
        goal.set(latch);
        for (long waited = 0; waited < maxMs && !latch.await(100, TimeUnit.MILLISECONDS); waited += 100) {
            for (Future<?> worker : running) {
                if (worker.isDone()) {
                    worker.get(); // It found something wrong.
                }
            }
        }
    }

    /** What was not acknowledged, and how it failed. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    long writes() {
        return writers.stream().mapToLong(writer -> writer.acknowledged.get()).sum();
    }

    /** How long the longest write took, in milliseconds. */
    long longestMs() {
        return writers.stream().mapToLong(writer -> writer.longestNanos).max().orElse(0) / 1_000_000;
    }

    /** Ends it, and looks once more at everything that was written. */
    void stopAndCheck() throws Exception {
        stop.set(true);
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        for (Future<?> worker : running) {
            worker.get();
        }
        writers.forEach(Writer::check);
    }

    @Override
    public void close() {
        stop.set(true);
        threads.shutdownNow();
        client.close();
    }

    private void read() {
        for (int i = 0; !stop.get(); i++) {
            Writer writer = writers.get(i % WRITERS);
            long before = writer.counted.get();
            try {
                String value = client.get(writer.key + ":n");
                assertThat(value == null ? 0 : Long.parseLong(value))
                        .as("%s:n, of which %d was acknowledged before", writer.key, before)
                        .isGreaterThanOrEqualTo(before);
            } catch (KvException failed) {
                failures.add("read: " + failed.getMessage());
            }
        }
    }

    private final class Writer {
        final String key;
        /** Of all kinds. */
        final AtomicLong acknowledged = new AtomicLong();
        /** The increments that were. */
        final AtomicLong counted = new AtomicLong();

        private long put;
        private String text = "";
        /** Whether the last write of the kind may have been done without being acknowledged, and what it would have made of it. */
        private long maybePut;

        private long maybeCounted;
        private String maybeText = "";
        volatile long longestNanos;

        Writer(String key) {
            this.key = key;
        }

        void work() {
            for (int i = 0; !stop.get(); i++) {
                long start = System.nanoTime();
                switch (i % 3) {
                    case 0 -> put();
                    case 1 -> increment();
                    default -> append(i);
                }
                longestNanos = Math.max(longestNanos, System.nanoTime() - start);
            }
        }

        private void put() {
            maybePut = put + 1;
            attempt(() -> {
                client.put(key + ":v", String.valueOf(maybePut));
                put = maybePut;
                assertThat(client.get(key + ":v")).as(key + ":v").isEqualTo(String.valueOf(put));
            });
            // If it is unknown the next one writes a larger number; nothing is undone by it.
            put = maybePut;
        }

        private void increment() {
            maybeCounted++;
            attempt(() -> {
                long now = client.increment(key + ":n", 1);
                assertThat(now).as(key + ":n").isBetween(counted.get() + 1, maybeCounted);
                // What was unknown is known now.
                maybeCounted = now;
                counted.set(now);
            });
        }

        private void append(int number) {
            String piece = number + ".";
            maybeText = text.length() > MAX_TEXT ? piece : text + piece;
            boolean anew = text.length() > MAX_TEXT;
            boolean[] known = new boolean[1];
            attempt(() -> {
                if (anew) {
                    client.put(key + ":t", piece);
                } else {
                    client.append(key + ":t", piece);
                }
                known[0] = true;
            });
            if (known[0]) {
                text = maybeText;
            } else {
                settleText();
            }
        }

        /** Reads, until it is read, what became of a text whose last write is unknown; at most that write was done, and once. */
        private void settleText() {
            boolean[] known = new boolean[1];
            while (!known[0]) {
                attempt(() -> {
                    // A write of the same session behind it: afterwards the one before is done or never will be.
                    client.append(key + ":t", "");
                    String now = client.get(key + ":t");
                    assertThat(now == null ? "" : now).as(key + ":t").isIn(text, maybeText);
                    text = now == null ? "" : now;
                    known[0] = true;
                });
                if (stop.get() && !known[0]) {
                    return;
                }
            }
        }

        private void attempt(Runnable write) {
            try {
                write.run();
                acknowledged.incrementAndGet();
                goal.get().countDown();
            } catch (KvException notAcknowledged) {
                failures.add(key + ": " + notAcknowledged.getMessage());
            }
        }

        void check() {
            assertThat(client.get(key + ":v")).as(key + ":v").isIn(String.valueOf(put), String.valueOf(maybePut));
            assertThat(Long.parseLong(client.get(key + ":n"))).as(key + ":n").isBetween(counted.get(), maybeCounted);
            assertThat(client.get(key + ":t")).as(key + ":t").isIn(text, maybeText);
        }
    }
}
