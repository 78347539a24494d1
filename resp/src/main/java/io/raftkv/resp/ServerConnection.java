package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a server: who it is, what it is owed, and how it ends. {@link RequestHandler} feeds it.
 *
 * <p>Threads: the channel's loop, but for what {@link RespConnection} allows to others.
 */
final class ServerConnection implements RespConnection {
    static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    // How long a client that was refused may go on sending before it reads why, and one that was answered may take to
    // read its last answers.
    private static final int LINGER_MS = 2_000;
    private static final int LAST_WORDS_MS = 10_000;

    private final long id;
    private final Channel channel;
    private final BackPressure backPressure;
    private final Collection<RespConnection> peers;
    private final RespEncoder encoder;
    private final ReplyQueue replies;
    private final Runnable flushTask = this::flushAsScheduled;
    private Runnable onProgress = () -> {};

    private @Nullable Object attachment;
    private volatile @Nullable String name;
    private volatile int protocol = 2;
    private boolean flushComes;
    private boolean unflushed;
    private boolean closing;
    private boolean refused;

    ServerConnection(long id, Channel channel, BackPressure backPressure, Collection<RespConnection> peers) {
        this.id = id;
        this.channel = channel;
        this.backPressure = backPressure;
        this.peers = peers;
        this.encoder = new RespEncoder(channel.alloc(), this::write);
        this.replies = new ReplyQueue(encoder, this::answersWritten);
        int high = backPressure.maxBytes();
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(high / 2, high));
        // A client may send its commands, end its side (as `printf ... | nc` does), and still wait for the answers.
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }

    /** Who is told when answers have left, since more work may then be taken. */
    void onProgress(Runnable listener) {
        onProgress = listener;
    }

    RespEncoder encoder() {
        return encoder;
    }

    ReplyQueue replies() {
        return replies;
    }

    /** Whether no more commands are to be taken. */
    boolean isClosing() {
        return closing;
    }

    /** Whether too much is in process, or unread by the client. */
    boolean mustWait() {
        return !channel.isWritable() || backPressure.mustStop(replies);
    }

    /** Whether enough of it is done. */
    boolean mayGoOn() {
        return channel.isWritable() && backPressure.mayResume(replies);
    }

    /** The channel is closed. */
    void ended() {
        closing = true;
        replies.drop();
        encoder.release();
    }

    /** The client cannot be understood: tells it why, behind the answers it is owed, and closes. */
    void refuse(String error) {
        LOG.debug("{}: {}", this, error);
        refused = true;
        closing = true;
        replies.add(this, 0).error(error);
    }

    /** The client will send no more. */
    void inputEnded() {
        if (refused) {
            close();
        } else {
            closeAfterReplies();
        }
    }

    // ---- output

    private void answersWritten() {
        flushSoon();
        onProgress.run();
        if (closing && replies.count() == 0) {
            finish();
        }
    }

    private void write(ByteBuf bytes) {
        unflushed = true;
        // A void promise saves an object, and brings failures to exceptionCaught.
        channel.write(bytes, channel.voidPromise());
    }

    /** The caller promises to call {@link #flush} within this turn. */
    void holdFlush() {
        flushComes = true;
    }

    private void flushSoon() {
        if (!flushComes) {
            flushComes = true;
            eventLoop().execute(flushTask);
        }
    }

    private void flushAsScheduled() {
        flush();
    }

    void flush() {
        flushComes = false;
        encoder.drain();
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** Runs a task of another thread on the loop. */
    void handOver(Runnable task) {
        try {
            eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The loop has ended, and all its connections before it: there is nobody to answer or to close.
            LOG.debug("{}: too late, its event loop has ended", this);
        }
    }

    /** All answers are written: sends them and closes. */
    private void finish() {
        encoder.drain();
        unflushed = false;
        channel.writeAndFlush(channel.alloc().buffer(0)).addListener(sent -> {
            if (refused && channel instanceof DuplexChannel duplex) {
                // To close with unread input would reset the connection, and the client might never read the error.
                duplex.shutdownOutput();
                channel.config().setAutoRead(true);
                closeIn(LINGER_MS);
            } else {
                channel.close();
            }
        });
        closeIn(LAST_WORDS_MS);
    }

    private void closeIn(int delayMs) {
        if (channel.isActive()) {
            var timer = eventLoop().schedule(this::close, delayMs, TimeUnit.MILLISECONDS);
            channel.closeFuture().addListener((ChannelFutureListener) closed -> timer.cancel(false));
        }
    }

    // ---- RespConnection

    @Override
    public void push(RespValue.Push push) {
        if (protocol != 3) {
            throw new IllegalStateException("connection " + id + " speaks protocol 2, which has no push messages");
        }
        if (eventLoop().inEventLoop()) {
            pushOnLoop(push);
        } else {
            handOver(() -> pushOnLoop(push));
        }
    }

    private void pushOnLoop(RespValue.Push push) {
        if (closing || protocol != 3) {
            return; // It may have changed while the message was on its way here.
        }
        if (channel.bytesBeforeWritable() > backPressure.maxPushBytes()) {
            LOG.warn("{}: closing, it does not read its pushes; {} bytes wait", this, channel.bytesBeforeWritable());
            close();
            return;
        }
        encoder.value(push);
        flushSoon();
    }

    @Override
    public void closeAfterReplies() {
        if (!eventLoop().inEventLoop()) {
            handOver(this::closeAfterReplies);
        } else if (!closing) {
            closing = true;
            if (replies.count() == 0) {
                finish();
            }
        }
    }

    @Override
    public void close() {
        if (eventLoop().inEventLoop()) {
            closing = true; // What is left of the input is not carried out any more.
        }
        channel.close();
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public int protocol() {
        return protocol;
    }

    @Override
    public void setProtocol(int version) {
        if (version != 2 && version != 3) {
            throw new IllegalArgumentException("there is no protocol " + version);
        }
        protocol = version;
        encoder.protocol(version);
    }

    @Override
    public @Nullable String name() {
        return name;
    }

    @Override
    public void setName(String newName) {
        name = newName.isEmpty() ? null : newName;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"}) // See the interface.
    public <T extends @Nullable Object> T attachment() {
        return (T) attachment;
    }

    @Override
    public void attach(@Nullable Object newAttachment) {
        attachment = newAttachment;
    }

    @Override
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    @Override
    public SocketAddress remoteAddress() {
        return channel.remoteAddress();
    }

    @Override
    public int pendingReplies() {
        return replies.count();
    }

    @Override
    public Collection<RespConnection> peers() {
        return peers;
    }

    @Override
    public String toString() {
        return "connection " + id + " from " + remoteAddress();
    }
}
