package io.raftkv.raft.log;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures group commit on a real folder: {@code <folder> [producers] [calls in flight per producer] [seconds]
 * [preallocated bytes] [entry bytes]}. Each call appends one entry to its producer's group; the log of a group is cut
 * every 10,000 entries.
 */
public final class LogBenchmark {
    private LogBenchmark() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        int producers = argument(args, 1, 2);
        int inFlight = argument(args, 2, 64);
        int seconds = argument(args, 3, 5);
        int preallocate = argument(args, 4, 1 << 20);
        Bytes body = Entry.encodeBody(Entry.Type.COMMANDS, 1, Bytes.wrap(new byte[argument(args, 5, 100) - 12]));
        ExecutorService logThread = Executors.newSingleThreadExecutor();
        LogOptions options = LogOptions.defaults(failure -> {
                    throw new IllegalStateException(failure);
                })
                .withPreallocateBytes(preallocate);
        Path folder = Path.of(args[0]);
        AtomicLong done = new AtomicLong();
        try (SharedLog log = SharedLog.open(new FileDisk(folder), "bench", options, "bench", 1, logThread)) {
            long end = System.nanoTime() + (seconds + 2) * 1_000_000_000L;
            Thread[] threads = new Thread[producers];
            for (int i = 0; i < producers; i++) {
                long group = System.nanoTime() + i;
                threads[i] = new Thread(() -> produce(log, group, body, inFlight, end, done));
                threads[i].start();
            }
            // The first two seconds warm up.
            threads[0].join(2_000);
            report(log, done, threads);
        }
        logThread.shutdown();
    }

    private static int argument(String[] args, int position, int otherwise) {
        return args.length > position ? Integer.parseInt(args[position]) : otherwise;
    }

    private static void report(SharedLog log, AtomicLong done, Thread[] threads) throws InterruptedException {
        LogStats before = log.stats();
        long entriesBefore = done.get();
        long cpuBefore = cpuNanos();
        long start = System.nanoTime();
        for (Thread thread : threads) {
            thread.join();
        }
        double elapsed = (System.nanoTime() - start) / 1e9;
        LogStats after = log.stats();
        long entries = done.get() - entriesBefore;
        long forces = after.forces() - before.forces();
        System.out.printf(
                "%,.0f entries/s, %,.0f forces/s, %.1f entries per force, %.2f us CPU per entry, %.0f bytes per entry%n",
                entries / elapsed,
                forces / elapsed,
                (double) entries / forces,
                (cpuNanos() - cpuBefore) / 1e3 / entries,
                (double) (after.bytesWritten() - before.bytesWritten()) / entries);
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static void produce(SharedLog log, long group, Bytes body, int inFlight, long end, AtomicLong done) {
        Semaphore window = new Semaphore(inFlight);
        for (long index = 1; System.nanoTime() < end; index++) {
            window.acquireUninterruptibly();
            Entry entry = Entry.of(index, 1, body);
            List<GroupWrite> writes = index % 10_000 == 0
                    ? List.of(new GroupWrite(group, null, null, List.of(entry)), LogFixture.start(group, index, 1))
                    : List.of(new GroupWrite(group, null, null, List.of(entry)));
            log.append(writes, () -> {
                done.incrementAndGet();
                window.release();
            });
        }
        window.acquireUninterruptibly(inFlight);
    }
}
