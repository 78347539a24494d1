package io.raftkv.kvclient;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts calls, bounds how many are open, and owns what they share: loops, timer, connections, routing.
 *
 * <p>Threads: any. Calls live on one loop, to which they are handed in the order in which they were made. The futures it returns
 * complete there; whoever passes them to user code moves them to another thread first.
 */
final class Dispatcher implements AutoCloseable {
    // Deadlines and pauses are of tens of milliseconds and more; a wheel makes setting and cancelling them cheap.
    private static final int TICK_MS = 5;
    // A server that answers nothing over four of them is lost: longer than one holds a request during an election.
    private static final int WATCH_MS = 500;
    // Sessions that were not closed by then expire on the servers.
    private static final int CLOSING_MS = 500;

    private final KvClientConfig config;
    private final EventLoopGroup loops;
    private final EventLoop loop;
    private final HashedWheelTimer timer;
    private final CoordinatorClient coordinator;
    private final Routing routing;
    private final Connections connections;
    private final Semaphore places;
    private final Set<Call> open = ConcurrentHashMap.newKeySet();
    /** By shard. Belongs to the loop. */
    private final Map<Integer, ShardQueue> queues = new HashMap<>();

    private volatile boolean closed;

    Dispatcher(KvClientConfig config) {
        this.config = config;
        this.loops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("raftkv-kvclient-loop", true), NioIoHandler.newFactory());
        this.loop = loops.next();
        this.timer = new HashedWheelTimer(
                new DefaultThreadFactory("raftkv-kvclient-timer", true), TICK_MS, TimeUnit.MILLISECONDS);
        this.coordinator = CoordinatorClient.open(config.coordinator(), loops);
        this.routing = new Routing(coordinator);
        this.connections = new Connections(
                loops,
                RespClient.Options.DEFAULT
                        .withConnectTimeoutMs(config.connectTimeoutMs())
                        .withMaxInFlight(config.maxInFlight()));
        this.places = new Semaphore(config.maxInFlight());
        watch();
    }

    private void watch() {
        after(WATCH_MS, () -> {
            connections.watch();
            watch();
        });
    }

    KvClientConfig config() {
        return config;
    }

    Routing routing() {
        return routing;
    }

    Connections connections() {
        return connections;
    }

    boolean isClosed() {
        return closed;
    }

    /** Threads: the loop. */
    ShardQueue queue(int shard) {
        return queues.computeIfAbsent(shard, number -> new ShardQueue(this));
    }

    /** Routed by the command's key; refused at once if too many calls are open. */
    CompletableFuture<RespValue> call(byte[][] args) {
        return places.tryAcquire() ? routed(args) : busy();
    }

    /** Routed by the command's key; waits for a place for as long as a call may take. */
    CompletableFuture<RespValue> callWaiting(byte[][] args) {
        return waitForPlace() ? routed(args) : busy();
    }

    /** To the leader of one shard, whatever the arguments say; waits for a place. */
    CompletableFuture<RespValue> callShard(int shard, byte[][] args) {
        return waitForPlace() ? start(new Call(this, args, Traits.of(args), shard, null, false)) : busy();
    }

    /** To one server and no other; waits for a place. */
    CompletableFuture<RespValue> callServer(HostPort server, byte[][] args) {
        return waitForPlace() ? start(new Call(this, args, Traits.of(args), -1, server, false)) : busy();
    }

    /** Runs a step on the loop, after a pause. */
    void after(int ms, Runnable step) {
        if (!closed) {
            timer.newTimeout(timeout -> onLoop(step), ms, TimeUnit.MILLISECONDS);
        }
    }

    /** Runs a step on the loop: now if this is it. */
    void onLoop(Runnable step) {
        if (loop.inEventLoop()) {
            step.run();
            return;
        }
        try {
            loop.execute(step);
        } catch (RejectedExecutionException ended) {
            // close() ended the loop, and ends whatever call is open then.
        }
    }

    private CompletableFuture<RespValue> routed(byte[][] args) {
        Traits traits = Traits.of(args);
        int shard = traits.keyIndex() == 0 ? -1 : routing.shardOf(args[traits.keyIndex()]);
        return start(new Call(this, args, traits, shard, null, shard >= 0));
    }

    private CompletableFuture<RespValue> start(Call call) {
        open.add(call);
        Timeout deadline = closed ? null : deadline(call);
        CompletableFuture<RespValue> result = call.result().whenComplete((reply, failure) -> {
            open.remove(call);
            places.release();
            if (deadline != null) {
                deadline.cancel();
            }
        });
        try {
            loop.execute(call);
        } catch (RejectedExecutionException ended) {
            call.fail(KvException.CLOSED, "the client was closed");
        }
        return result;
    }

    private @Nullable Timeout deadline(Call call) {
        try {
            return timer.newTimeout(timeout -> onLoop(call::expire), config.requestTimeoutMs(), TimeUnit.MILLISECONDS);
        } catch (IllegalStateException stopped) {
            return null; // The timer was stopped by close() in this moment; the call sees that when it begins.
        }
    }

    private boolean waitForPlace() {
        try {
            return places.tryAcquire(config.requestTimeoutMs(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KvException(KvException.INTERRUPTED, "interrupted while waiting for a place", false);
        }
    }

    private CompletableFuture<RespValue> busy() {
        return CompletableFuture.failedFuture(new KvException(
                KvException.BUSY,
                config.maxInFlight() + " calls are in flight; wait for some of them, or raise maxInFlight",
                false));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        timer.stop();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        onLoop(() -> {
            failOpen();
            closeSessions().whenComplete((all, failure) -> ended.complete(null));
        });
        // Bounded, and without the wait being interrupted: a time-out is no failure.
        ended.completeOnTimeout(null, CLOSING_MS, TimeUnit.MILLISECONDS).join();
        connections.close();
        coordinator.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        failOpen(); // What was handed to the loop when it had ended.
    }

    private void failOpen() {
        for (Call call : open) {
            call.fail(KvException.CLOSED, "the client was closed");
        }
    }

    /** Sends behind all writes, over connections that stand; other sessions expire. */
    private CompletableFuture<Void> closeSessions() {
        List<CompletableFuture<RespValue>> answers = new ArrayList<>();
        queues.forEach((shard, queue) -> {
            HostPort leader = routing.leader(shard);
            RespClient client = leader == null ? null : connections.standing(leader);
            if (client != null) {
                answers.add(queue.close(client));
            }
        });
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]));
    }
}
