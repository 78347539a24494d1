package io.raftkv.cli.bench;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/**
 * Makes the load, in passes that share the connections.
 *
 * <p>Threads: the caller's waits; each client lives on one of the loops, with all its lanes, and each loop has a tally
 * of its own, so nothing is shared while it runs.
 */
final class Load implements AutoCloseable {
    private static final int LAST_ANSWERS_SECONDS = 15;
    private static final int FILL_SECONDS = 3600;

    private final EventLoopGroup loops;
    private final Plan plan;
    private final Target target;
    private final Progress progress;
    private final List<LoadClient> clients = new ArrayList<>();

    Load(Plan plan, Target target, int threads, Progress progress) {
        this.plan = plan;
        this.progress = progress;
        this.target = target;
        this.loops = new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory("raftkv-bench-loop", true), NioIoHandler.newFactory());
        for (int i = 0; i < plan.clients(); i++) {
            clients.add(new LoadClient(loops.next(), plan.inFlight() * (plan.pipeline() + 1)));
        }
    }

    /** Writes all keys once. */
    void fill() throws InterruptedException {
        Window window = Window.atMost(FILL_SECONDS);
        Filling filling = Operations.fill(plan);
        pass(filling, window, lane -> Schedule.free());
        filling.check();
        if (window.over(System.nanoTime())) {
            throw new IllegalStateException("the keys could not be written within " + FILL_SECONDS + " s");
        }
    }

    /** Runs until the window is over, and returns what was counted in it. */
    Tally run(Window window) throws InterruptedException {
        long start = System.nanoTime();
        return pass(Operations.of(plan), window, lane -> Schedule.of(plan, lane, start));
    }

    private Tally pass(Operations operations, Window window, IntFunction<Schedule> schedules)
            throws InterruptedException {
        Map<EventLoop, Tally> tallies = new LinkedHashMap<>();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        int number = 0;
        for (LoadClient client : clients) {
            Tally tally = tallies.computeIfAbsent(client.loop(), loop -> new Tally());
            for (int i = 0; i < plan.inFlight(); i++) {
                Schedule schedule = schedules.apply(number++);
                Lane lane = new Lane(client, target, operations, plan.pipeline(), schedule, window, tally, number);
                ends.add(lane.ended());
                client.loop().execute(lane::next);
            }
        }
        progress.watch(tallies.values());
        try {
            long longestNanos = window.to() - System.nanoTime() + TimeUnit.SECONDS.toNanos(LAST_ANSWERS_SECONDS);
            CompletableFuture.allOf(ends.toArray(new CompletableFuture<?>[0])).get(longestNanos, TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(
                    LAST_ANSWERS_SECONDS + " s after the end some commands have no answer still", e);
        }
        Tally sum = new Tally();
        tallies.values().forEach(sum::add);
        return sum;
    }

    @Override
    public void close() {
        for (LoadClient client : clients) {
            client.loop().execute(client::close);
        }
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
