package peers;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * A closed loop: so many entries are in flight, and each that ends is followed by the next one, to the next group in turn.
 *
 * <p>Threads: those of the system under test; it makes the load itself.
 */
final class Load {
    private static final int ENTRY_BYTES = 100;

    private final Cluster cluster;
    private final int groups;
    private final byte[] entry = new byte[ENTRY_BYTES];
    private final AtomicInteger next = new AtomicInteger();
    private final LongAdder applied = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicInteger running = new AtomicInteger();
    private final ScheduledExecutorService retries = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "retries");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean stopped;

    /** What was seen in a time: entries, failures and the processor time of the whole process. */
    record Sample(double seconds, long entries, long failures, double cpuSeconds) {}

    Load(Cluster cluster, int groups) {
        this.cluster = cluster;
        this.groups = groups;
    }

    Sample run(int inFlight, int warmUpSeconds, int seconds) throws InterruptedException {
        for (int i = 0; i < inFlight; i++) {
            running.incrementAndGet();
            proposeNext();
        }
        TimeUnit.SECONDS.sleep(warmUpSeconds);
        long entries = applied.sum();
        long failures = failed.sum();
        long cpu = cpuNanos();
        long start = System.nanoTime();
        TimeUnit.SECONDS.sleep(seconds);
        Sample sample = new Sample(
                (System.nanoTime() - start) / 1e9, applied.sum() - entries, failed.sum() - failures, (cpuNanos() - cpu) / 1e9);
        stopped = true;
        for (int waited = 0; running.get() > 0 && waited < 100; waited++) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        retries.shutdownNow();
        return sample;
    }

    private void proposeNext() {
        if (stopped) {
            running.decrementAndGet();
            return;
        }
        int group = Math.floorMod(next.getAndIncrement(), groups);
        cluster.propose(group, entry, this::ended);
    }

    private void ended(boolean ok) {
        if (ok) {
            applied.increment();
            proposeNext();
        } else {
            failed.increment();
            // Not at once: a refusal is answered on the spot, and would be repeated without end.
            retries.schedule(this::proposeNext, 10, TimeUnit.MILLISECONDS);
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
