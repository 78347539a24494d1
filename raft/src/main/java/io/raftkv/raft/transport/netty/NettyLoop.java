package io.raftkv.raft.transport.netty;

import io.raftkv.raft.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A Netty event loop as the loop of Raft groups, so that clients, peers and consensus share one thread. Netty reads all
 * sockets that are ready before it runs tasks, so the turn that the first message asks for sees the mail of all of them.
 *
 * <p>Threads: any.
 */
public final class NettyLoop implements EventLoop {
    private final io.netty.channel.EventLoop loop;

    /** A loop over one of Netty's, which is not closed with it. */
    public NettyLoop(io.netty.channel.EventLoop loop) {
        this.loop = loop;
    }

    /** The loop below. */
    public io.netty.channel.EventLoop netty() {
        return loop;
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(task);
    }

    @Override
    public boolean inLoop() {
        return loop.inEventLoop();
    }

    @Override
    public long nowNanos() {
        return System.nanoTime();
    }

    @Override
    public long wallClockMs() {
        return System.currentTimeMillis();
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        Future<?> scheduled = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }
}
