package io.raftkv.raft.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.netty.Handshake.Answer;
import java.nio.ByteBuffer;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A link that a peer opened: its handshake, then its frames. Threads: the channel's loop. */
final class LinkIn extends ByteToMessageDecoder {
    private static final Logger LOG = LoggerFactory.getLogger(LinkIn.class);

    private final NettyTransport transport;
    private long peer;
    private Lane lane = Lane.CONTROL;

    LinkIn(NettyTransport transport) {
        this.transport = transport;
        setCumulator(MERGE_CUMULATOR);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (peer == 0 && !greet(context, in)) {
            return;
        }
        while (in.readableBytes() >= Integer.BYTES) {
            int length = in.getInt(in.readerIndex());
            if (length < 0 || length > NettyTransport.MAX_FRAME_BYTES) {
                LOG.error("server {} announced a frame of {} bytes; closing its link", Long.toHexString(peer), length);
                in.skipBytes(in.readableBytes());
                context.close();
                return;
            }
            if (in.readableBytes() < Integer.BYTES + length) {
                return;
            }
            byte[] frame = new byte[length];
            in.skipBytes(Integer.BYTES).readBytes(frame);
            transport.received(peer, ByteBuffer.wrap(frame));
        }
    }

    private boolean greet(ChannelHandlerContext context, ByteBuf in) {
        if (Handshake.isOfOtherVersion(in)) {
            refuse(context, in, Answer.OTHER_VERSION, "a peer of another version");
            return false;
        }
        if (!Handshake.isComplete(in)) {
            return false;
        }
        Handshake hello = Handshake.read(in);
        if (!hello.clusterId().equals(transport.clusterId())) {
            refuse(context, in, Answer.OTHER_CLUSTER, "server " + Long.toHexString(hello.from()));
            return false;
        }
        if (hello.to() != transport.serverId() || hello.from() == 0) {
            refuse(context, in, Answer.OTHER_SERVER, "server " + Long.toHexString(hello.from()));
            return false;
        }
        peer = hello.from();
        lane = hello.lane();
        context.writeAndFlush(context.alloc().buffer(1).writeByte(Answer.WELCOME.ordinal()));
        transport.accepted(peer, lane, context.channel());
        return true;
    }

    private static void refuse(ChannelHandlerContext context, ByteBuf in, Answer answer, String who) {
        LOG.warn("refused a link of {} from {}: {}", who, context.channel().remoteAddress(), answer);
        in.skipBytes(in.readableBytes());
        context.writeAndFlush(context.alloc().buffer(1).writeByte(answer.ordinal()))
                .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        super.channelInactive(context);
        if (peer != 0) {
            transport.lost(peer, lane, context.channel());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("link from {} broke: {}", Long.toHexString(peer), cause.toString());
        context.close();
    }
}
