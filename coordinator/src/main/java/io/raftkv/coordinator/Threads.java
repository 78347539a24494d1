package io.raftkv.coordinator;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.raft.transport.netty.NettyLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of a node: two event loops, one of them the group's; one for the log, one for snapshots. */
final class Threads implements AutoCloseable {
    private static final int LOOPS = 2;

    private final EventLoopGroup group;
    private final NettyLoop loop;
    private final ExecutorService log;
    private final ExecutorService background;

    private Threads(int port) {
        String prefix = "raftkv-coordinator-" + port + "-";
        group = new MultiThreadIoEventLoopGroup(LOOPS, named(prefix + "loop"), NioIoHandler.newFactory());
        loop = new NettyLoop(group.next());
        log = Executors.newSingleThreadExecutor(named(prefix + "log"));
        background = Executors.newSingleThreadExecutor(named(prefix + "background"));
    }

    /**
     * @param port tells nodes of one process apart in thread names
     */
    static Threads start(int port) {
        return new Threads(port);
    }

    private static ThreadFactory named(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    EventLoopGroup group() {
        return group;
    }

    /** The loop of the Raft group. */
    NettyLoop loop() {
        return loop;
    }

    Executor log() {
        return log;
    }

    Executor background() {
        return background;
    }

    /** Waits for what was begun; the log must have no more to do. */
    @Override
    public void close() {
        log.shutdown();
        background.shutdown();
        var loops = group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
        try {
            log.awaitTermination(10, TimeUnit.SECONDS);
            background.awaitTermination(10, TimeUnit.SECONDS);
            loops.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
