package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Waits for the first byte of a connection and then makes way for the handlers of the protocol it belongs to. To them
 * the connection looks new: they see {@code channelActive}, then the byte.
 *
 * <p>Threads: the channel's loop.
 */
final class FirstByte extends ChannelInboundHandlerAdapter {
    private final OtherProtocol other;
    private final Consumer<Channel> respInstaller;
    private final Runnable onDecided;

    FirstByte(OtherProtocol other, Consumer<Channel> respInstaller, Runnable onDecided) {
        this.other = other;
        this.respInstaller = respInstaller;
        this.onDecided = onDecided;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        Channel channel = ctx.channel();
        boolean isOther = bytes.getByte(bytes.readerIndex()) == other.firstByte();
        boolean installed = false;
        onDecided.run();
        ctx.pipeline().remove(this);
        try {
            (isOther ? other.installer() : respInstaller).accept(channel);
            installed = true;
        } finally {
            if (!installed) {
                bytes.release();
                channel.close();
            }
        }
        channel.pipeline().fireChannelActive();
        channel.pipeline().fireChannelRead(bytes);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            ServerConnection.LOG.debug("{} broke before its first byte: {}", ctx.channel(), cause.toString());
        } else {
            ServerConnection.LOG.error("{}: closing after a failure", ctx.channel(), cause);
        }
        ctx.close();
    }
}
