package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The only handler in the pipeline of a server's connection:
 *
 * <pre>
 * socket -> channelRead -> RequestDecoder -> RespHandler.command(.., Reply) --+
 *             ^ stops while BackPressure says so, or the client reads         | now or later
 *               too slowly; what is left of the input waits here              v
 * socket <- one flush per turn <- RespEncoder <------------------------- ReplyQueue
 * </pre>
 *
 * Per command it makes the arguments and a {@link PendingReply}, nothing else. It owns each buffer it is handed, and
 * holds at most one: a part of a line, or, while the connection must wait, the rest of what was read.
 *
 * <p>Threads: the channel's loop.
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {
    private final ServerConnection connection;
    private final RespHandler handler;
    private final RequestDecoder decoder;
    private final Channel channel;
    private final Runnable onClosed;
    private final PendingInput input = new PendingInput();
    private boolean connected;
    private boolean paused;
    private boolean resumeScheduled;

    /**
     * Creates the handler.
     *
     * @param onClosed called once and last
     */
    RequestHandler(
            ServerConnection connection, RespHandler handler, RespLimits limits, Channel channel, Runnable onClosed) {
        this.connection = connection;
        this.handler = handler;
        this.decoder = new RequestDecoder(limits);
        this.channel = channel;
        this.onClosed = onClosed;
        connection.onProgress(this::resumeIfPossible);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (channel.isActive()) {
            connect();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connect();
    }

    private void connect() {
        if (!connected) {
            connected = true;
            handler.connected(connection);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.ended();
        input.release();
        if (connected) {
            handler.disconnected(connection);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        onClosed.run(); // Here, since a channel that never became active does not become inactive either.
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            ServerConnection.LOG.debug("{}: it broke: {}", connection, cause.toString());
        } else {
            ServerConnection.LOG.error("{}: closing after a failure", connection, cause);
        }
        connection.close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            connection.inputEnded();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        resumeIfPossible();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf piece = (ByteBuf) message;
        if (connection.isClosing()) {
            piece.release();
            return;
        }
        connection.holdFlush();
        input.add(piece, channel.alloc());
        process();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        connection.flush();
    }

    /** Carries out what the input holds, until it ends or must wait. */
    private void process() {
        ByteBuf in = input.buffer();
        try {
            while (in != null && !connection.isClosing()) {
                if (connection.mustWait()) {
                    paused = true;
                    channel.config().setAutoRead(false);
                    return;
                }
                byte[][] args = decoder.next(in);
                if (args == null) {
                    break;
                }
                dispatch(args);
            }
        } catch (ProtocolError e) {
            connection.refuse("ERR Protocol error: " + e.getMessage());
        }
        if (connection.isClosing()) {
            input.release();
        } else {
            input.trim(channel.alloc());
        }
    }

    private void dispatch(byte[][] args) {
        // An array costs 16 bytes more than it holds; it counts, lest a million empty arguments weigh nothing.
        PendingReply reply = connection.replies().add(connection, decoder.lastRequestBytes() + 16L * args.length);
        try {
            handler.command(connection, args, reply);
        } catch (RuntimeException e) {
            String name = new String(args[0], StandardCharsets.UTF_8);
            ServerConnection.LOG.error("{}: command '{}' failed", connection, name, e);
            if (!reply.isAnswered()) {
                reply.error("ERR internal error (" + e.getClass().getSimpleName() + "); see the server's log");
            }
        }
    }

    private void resumeIfPossible() {
        if (paused && !resumeScheduled && connection.mayGoOn()) {
            // As a task of its own: this may be called from within a command, and other connections want their turn.
            resumeScheduled = true;
            channel.eventLoop().execute(this::resume);
        }
    }

    private void resume() {
        resumeScheduled = false;
        if (connection.isClosing()) {
            return;
        }
        paused = false;
        connection.holdFlush();
        process();
        connection.flush();
        if (!paused) {
            channel.config().setAutoRead(true);
        }
    }
}
