package io.raftkv.kvclient;

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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts calls, bounds how many are open, and owns what they share: loops, timer, connections, routing.
 *
 * <p>Threads: any. The futures it returns complete on a loop or on the timer's thread; whoever passes them to user code
 * moves them to another thread first.
 */
final class Dispatcher implements AutoCloseable {
    // Deadlines and pauses are of tens of milliseconds and more; a wheel makes setting and cancelling them cheap.
    private static final int TICK_MS = 5;

    private final KvClientConfig config;
    private final EventLoopGroup loops;
    private final HashedWheelTimer timer;
    private final CoordinatorClient coordinator;
    private final Routing routing;
    private final Connections connections;
    private final Semaphore places;
    private final Set<Call> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Dispatcher(KvClientConfig config) {
        this.config = config;
        this.loops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("raftkv-kvclient-loop", true), NioIoHandler.newFactory());
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
        return waitForPlace() ? start(new Call(this, args, Traits.of(args), shard, null)) : busy();
    }

    /** To one server and no other; waits for a place. */
    CompletableFuture<RespValue> callServer(HostPort server, byte[][] args) {
        return waitForPlace() ? start(new Call(this, args, Traits.of(args), -1, server)) : busy();
    }

    void after(int ms, Runnable step) {
        if (!closed) {
            timer.newTimeout(timeout -> step.run(), ms, TimeUnit.MILLISECONDS);
        }
    }

    private CompletableFuture<RespValue> routed(byte[][] args) {
        Traits traits = Traits.of(args);
        int shard = traits.keyIndex() == 0 ? -1 : routing.shardOf(args[traits.keyIndex()]);
        return start(new Call(this, args, traits, shard, null));
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
        // Looked at after the call was entered: close() either sees the call or is seen here.
        if (closed) {
            call.fail(KvException.CLOSED, "the client is closed");
        } else {
            call.attempt();
        }
        return result;
    }

    private @Nullable Timeout deadline(Call call) {
        try {
            return timer.newTimeout(timeout -> call.expire(), config.requestTimeoutMs(), TimeUnit.MILLISECONDS);
        } catch (IllegalStateException stopped) {
            return null; // The timer was stopped by close() in this moment; start() sees that and fails the call.
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
        for (Call call : open) {
            call.fail(KvException.CLOSED, "the client was closed");
        }
        connections.close();
        coordinator.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
