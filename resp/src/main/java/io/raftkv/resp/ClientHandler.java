package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only handler in the pipeline of a client's connection:
 *
 * <pre>
 * send, any thread -> `outbox` -> drain, once per turn, while the socket takes more -> RespEncoder -> socket
 *                                   | in the order of writing
 *                                   v
 * futures <- the oldest of `awaiting` <- ValueDecoder <- channelRead <- socket
 * </pre>
 *
 * What is in the outbox when the connection breaks was surely not sent; what is in {@code awaiting} may have been.
 *
 * <p>Threads: the channel's loop, but for {@link #send}, {@link #close} and the questions.
 */
final class ClientHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ClientHandler.class);

    // What waits in the socket's queue; beyond it, commands wait in the outbox, where they count as not sent.
    private static final int LOW_WATER_BYTES = 128 * 1024;
    private static final int HIGH_WATER_BYTES = 512 * 1024;

    private final RespClient.Options options;
    private final ValueDecoder decoder;
    private final Queue<Call> outbox = new ConcurrentLinkedQueue<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    /** Written by the loop alone. */
    private final AtomicLong answered = new AtomicLong();

    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private final Deque<Call> awaiting = new ArrayDeque<>();
    private final Runnable drainTask = this::drainAsScheduled;
    private volatile @Nullable ChannelHandlerContext context;
    private volatile boolean open;
    private @Nullable RespEncoder encoder;
    private final PendingInput input = new PendingInput();
    private @Nullable String reason;
    private @Nullable SocketAddress peer; // A closed channel has forgotten it.
    private boolean established;

    ClientHandler(RespClient.Options options) {
        this.options = options;
        this.decoder = new ValueDecoder(options.limits());
    }

    /** A command, and the future of its answer. */
    private static final class Call extends CompletableFuture<RespValue> {
        private final byte[][] args;

        Call(byte[][] args) {
            this.args = args;
        }
    }

    /** The connection is of use: from now on its end is announced. */
    void established() {
        established = true;
    }

    boolean isOpen() {
        return open;
    }

    long answered() {
        return answered.get();
    }

    int inFlight() {
        return inFlight.get();
    }

    void close() {
        context().close();
    }

    // ---- sending

    CompletableFuture<RespValue> send(byte[][] args) {
        if (args.length == 0) {
            throw new IllegalArgumentException("a command needs a name");
        }
        if (inFlight.incrementAndGet() > options.maxInFlight()) {
            inFlight.decrementAndGet();
            return CompletableFuture.failedFuture(new RespClient.TooManyInFlight(options.maxInFlight()));
        }
        Call call = new Call(args);
        outbox.add(call);
        if (drainScheduled.compareAndSet(false, true)) {
            try {
                context().executor().execute(drainTask);
            } catch (RejectedExecutionException e) {
                drainScheduled.set(false); // The loop has ended, and the connection before it.
                failOutbox();
            }
        }
        return call;
    }

    private void drainAsScheduled() {
        // Before the outbox is looked at, so that what comes too late for this time schedules another one.
        drainScheduled.set(false);
        if (open) {
            drain();
        } else {
            failOutbox();
        }
    }

    private void drain() {
        ChannelHandlerContext ctx = context();
        RespEncoder requests = Objects.requireNonNull(encoder);
        Call call;
        while (ctx.channel().isWritable() && (call = outbox.poll()) != null) {
            if (call.isDone()) {
                inFlight.decrementAndGet(); // Given up by its sender before it was written.
            } else {
                awaiting.add(call);
                requests.request(call.args);
            }
        }
        requests.drain();
        ctx.flush();
    }

    // ---- life of the channel

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        encoder = new RespEncoder(ctx.alloc(), bytes -> ctx.write(bytes, ctx.voidPromise()));
        ctx.channel().config().setWriteBufferWaterMark(new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES));
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        peer = ctx.channel().remoteAddress();
        open = true;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (open && ctx.channel().isWritable()) {
            drain();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        open = false;
        input.release();
        if (encoder != null) {
            encoder.release();
        }
        String why = "the connection to " + peer + " " + (reason == null ? "was closed" : "broke: " + reason);
        for (Call call; (call = awaiting.poll()) != null; ) {
            fail(call, new ConnectionLost(why + "; the command may have been carried out", true));
        }
        failOutbox();
        if (established) {
            options.onClose().run();
        }
    }

    private void failOutbox() {
        for (Call call; (call = outbox.poll()) != null; ) {
            fail(call, new ConnectionLost("the connection is closed; the command was not sent", false));
        }
    }

    private void fail(Call call, ConnectionLost lost) {
        inFlight.decrementAndGet();
        call.completeExceptionally(lost);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error(
                    "closing the connection to {} after a failure",
                    ctx.channel().remoteAddress(),
                    cause);
        }
        closeBecause(ctx, String.valueOf(cause.getMessage()));
    }

    private void closeBecause(ChannelHandlerContext ctx, String why) {
        if (reason == null) {
            reason = why;
        }
        ctx.close();
    }

    // ---- receiving

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = input.add((ByteBuf) message, ctx.alloc());
        boolean understood = false;
        try {
            for (RespValue value; (value = decoder.next(in)) != null; ) {
                deliver(ctx, value);
            }
            understood = true;
        } catch (ProtocolError e) {
            closeBecause(ctx, "the server does not speak the protocol: " + e.getMessage());
        } finally {
            if (understood) {
                input.trim(ctx.alloc());
            } else {
                input.release();
            }
        }
    }

    private void deliver(ChannelHandlerContext ctx, RespValue value) {
        if (value instanceof RespValue.Push push) {
            options.onPush().accept(push);
            return;
        }
        Call call = awaiting.poll();
        if (call != null) {
            inFlight.decrementAndGet();
            answered.lazySet(answered.get() + 1);
            call.complete(value);
        } else {
            // A server that turns a client away says so before it was asked anything.
            closeBecause(ctx, value.isError() ? value.errorMessage() : "the server answered what was not asked");
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not connected");
    }
}
