package io.raftkv.raft.sim;

import io.raftkv.raft.StateMachine;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Simulates clusters that run a state machine: each seed names one run, with its own servers, settings, faults and requests.
 * Whatever goes wrong is a {@link SimFailure} that tells how to run that seed again.
 *
 * <pre>{@code
 * @Test
 * void survivesFaults() throws Exception {
 *     Simulator.of(QueueWorkload::new, QueueSimulationTest.class).run(50);
 * }
 * }</pre>
 *
 * <p>System properties: {@code sim.seeds} (how many), {@code sim.first} (the first one, 1), {@code sim.threads} (2),
 * {@code sim.minutes} (new seeds for so long, on all cores), and {@code sim.seed} to run a single one and print all that
 * happens in it.
 */
public final class Simulator {
    private static final String SEED = "sim.seed";
    private static final String MINUTES = "sim.minutes";
    /** A soak that found so much need not go on. */
    private static final int MAX_FAILURES = 10;

    private final Supplier<? extends Workload<?, ?>> workloads;
    private final Class<?> test;

    private Simulator(Supplier<? extends Workload<?, ?>> workloads, Class<?> test) {
        this.workloads = workloads;
        this.test = test;
    }

    /**
     * @param workloads makes one for each run
     * @param test named where it is told how to run a seed again
     */
    public static Simulator of(Supplier<? extends Workload<?, ?>> workloads, Class<?> test) {
        return new Simulator(workloads, test);
    }

    /**
     * Runs {@code seeds} seeds, or what the system properties ask for.
     *
     * @return what happened in all of them, which a test should look at: faults that do not bite find nothing
     * @throws SimFailure if any run found something wrong
     */
    public Report run(int seeds) throws InterruptedException {
        Logs.silence();
        if (Long.getLong(SEED) != null) {
            return new Report(List.of(replay(Long.getLong(SEED))));
        }
        int cores = Runtime.getRuntime().availableProcessors();
        if (System.getProperty(MINUTES) != null) {
            long end = System.nanoTime() + (long) (Double.parseDouble(System.getProperty(MINUTES)) * 60e9);
            long first = Long.getLong("sim.first", System.currentTimeMillis() * 1000);
            return runWhile(first, Integer.getInteger("sim.threads", cores), () -> System.nanoTime() < end);
        }
        long first = Long.getLong("sim.first", 1);
        AtomicLong left = new AtomicLong(Integer.getInteger("sim.seeds", seeds));
        return runWhile(first, Integer.getInteger("sim.threads", Math.min(2, cores)), () -> left.getAndDecrement() > 0);
    }

    /** Runs exactly these. */
    public Report run(List<Long> seeds) {
        Logs.silence();
        List<Totals> runs = new ArrayList<>();
        seeds.forEach(seed -> runs.add(runOne(seed)));
        return new Report(runs);
    }

    private Report runWhile(long first, int threadCount, BooleanSupplier goOn) throws InterruptedException {
        AtomicLong nextSeed = new AtomicLong(first);
        List<Totals> runs = Collections.synchronizedList(new ArrayList<>());
        List<SimFailure> failures = Collections.synchronizedList(new ArrayList<>());
        ExecutorService threads = Executors.newFixedThreadPool(threadCount);
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < threadCount; i++) {
            workers.add(threads.submit(() -> {
                while (failures.size() < MAX_FAILURES && goOn.getAsBoolean()) {
                    try {
                        runs.add(runOne(nextSeed.getAndIncrement()));
                    } catch (SimFailure found) {
                        System.out.println(found.getMessage());
                        failures.add(found);
                    }
                }
            }));
        }
        threads.shutdown();
        for (Future<?> worker : workers) {
            try {
                worker.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        Report report = new Report(runs);
        if (!failures.isEmpty()) {
            SimFailure worst = failures.get(0);
            failures.stream().skip(1).forEach(worst::addSuppressed);
            System.out.println(report);
            throw worst;
        }
        return report;
    }

    private Totals runOne(long seed) {
        try {
            return simulation(workloads.get(), seed, null).run();
        } catch (Throwable found) {
            throw failure(seed, found);
        }
    }

    private SimFailure failure(long seed, Throwable found) {
        return new SimFailure(
                "seed " + seed + " at commit " + commit() + ": " + found.getMessage() + "\nrun it again: "
                        + rerun(seed),
                found);
    }

    private String rerun(long seed) {
        return "./mvnw -pl " + Path.of("").toAbsolutePath().getFileName() + " -am test -Dtest=" + test.getSimpleName()
                + " -D" + SEED + "=" + seed + " -Dsurefire.failIfNoSpecifiedTests=false";
    }

    private static String commit() {
        try {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").start();
            String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor(10, TimeUnit.SECONDS) && !commit.isEmpty() ? commit : "unknown";
        } catch (IOException | InterruptedException e) {
            return "unknown";
        }
    }

    private Totals replay(long seed) {
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, StandardCharsets.UTF_8);
        Simulation<?, ?> simulation = simulation(workloads.get(), seed, out);
        try {
            return simulation.run();
        } catch (Throwable found) {
            throw failure(seed, found);
        } finally {
            out.printf("trace hash %016x%n", simulation.traceHash());
            out.flush();
        }
    }

    /** A sum of all that happens in the run: two runs with the same one are the same. */
    public long traceHash(long seed) {
        Logs.silence();
        Simulation<?, ?> simulation = simulation(workloads.get(), seed, null);
        simulation.run();
        return simulation.traceHash();
    }

    private static <M extends StateMachine, I> Simulation<M, I> simulation(
            Workload<M, I> workload, long seed, PrintStream trace) {
        return new Simulation<>(workload, seed, trace);
    }
}
