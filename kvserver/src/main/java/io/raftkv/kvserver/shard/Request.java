package io.raftkv.kvserver.shard;

import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.session.SessionReply;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespValue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One command on one shard, from its arrival to its answer. It is its own task and its own completion, so that a command
 * costs one object on its way.
 *
 * <p>Threads: at any time the loop of its connection or that of its shard; it moves between them by being executed there.
 */
public final class Request extends ClientOrder.Item implements Completion, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Request.class);

    /** How a read looks at a shard. Threads: the loop of the shard. */
    public interface Read {
        RespValue read(MemoryEngine engine);
    }

    private final ClientOrder order;
    private final Reply reply;
    private final ShardDirectory directory;
    private final int hashSlot;
    private final long[] positions;
    private final @Nullable Bytes write;
    private final @Nullable Read read;

    private @Nullable ShardGroup shard;
    private @Nullable RespValue answer;
    /** When it is given up for want of a leader; 0 while it has not had to wait. Belongs to the shard. */
    long deadlineNanos;

    private Request(
            ClientOrder order,
            Reply reply,
            ShardDirectory directory,
            int hashSlot,
            long[] positions,
            @Nullable Bytes write,
            @Nullable Read read) {
        this.order = order;
        this.reply = reply;
        this.directory = directory;
        this.hashSlot = hashSlot;
        this.positions = positions;
        this.write = write;
        this.read = read;
    }

    /** A write of keys of one hash slot, in a session or not, or the begin or end of a session. */
    public static Request write(ClientOrder order, Reply reply, ShardDirectory directory, Key[] keys, Bytes command) {
        return new Request(order, reply, directory, keys[0].hashSlot(), positionsOf(keys), command, null);
    }

    /** A read of keys of one hash slot. */
    public static Request read(ClientOrder order, Reply reply, ShardDirectory directory, Key[] keys, Read read) {
        return new Request(order, reply, directory, keys[0].hashSlot(), positionsOf(keys), null, read);
    }

    /** A read of the shard that holds a hash slot; a barrier in the order of its connection. */
    public static Request readShard(ClientOrder order, Reply reply, ShardDirectory directory, int hashSlot, Read read) {
        return new Request(order, reply, directory, hashSlot, new long[0], null, read);
    }

    private static long[] positionsOf(Key[] keys) {
        long[] positions = new long[keys.length];
        for (int i = 0; i < keys.length; i++) {
            positions[i] = keys[i].position();
        }
        return positions;
    }

    @Override
    long[] positions() {
        return positions;
    }

    @Override
    boolean isWrite() {
        return write != null;
    }

    int hashSlot() {
        return hashSlot;
    }

    /** What it holds in memory while it waits, about. */
    int bytes() {
        return 128 + (write == null ? 0 : write.length());
    }

    @Override
    void start() {
        ShardGroup target = directory.groupOf(hashSlot);
        if (target == null) {
            answer(directory.redirect(hashSlot));
        } else {
            shard = target;
            // Netty wakes the other loop once for all that is handed over in one turn.
            target.execute(this);
        }
    }

    /** The next step, on the loop to which it was handed. */
    @Override
    public void run() {
        if (answer != null) {
            deliver(answer);
        } else if (shard != null) {
            shard.accept(this);
        }
    }

    /** Enters the group. Threads: the loop of the shard. */
    void enter(io.raftkv.raft.RaftGroup group) {
        if (write != null) {
            group.propose(write, this);
        } else {
            group.read(this);
        }
    }

    @Override
    public void succeeded(@Nullable Object result) {
        if (read != null && shard != null) {
            answer(look(read, shard));
        } else if (result instanceof RespValue value) {
            answer(value);
        } else if (result instanceof SessionReply sessionReply && shard != null) {
            answer(SessionToken.answer(sessionReply, shard.group().id()));
        } else {
            throw new IllegalStateException("a write ended with " + result + " in place of an answer");
        }
    }

    /** A read that goes wrong is a defect of that command alone; what a completion throws would stop the server. */
    private static RespValue look(Read read, ShardGroup shard) {
        try {
            return read.read(shard.engine());
        } catch (RuntimeException e) {
            LOG.error("shard {}: a read failed", shard.shard(), e);
            return RespValue.error("ERR the read failed on the server, see its log: " + e);
        }
    }

    @Override
    public void failed(RaftException failure) {
        if (shard == null) {
            throw new IllegalStateException("failed before it was started", failure);
        }
        shard.refused(this, failure);
    }

    /** Ends the request. Threads: any. */
    void answer(RespValue value) {
        answer = value;
        if (reply.connection().eventLoop().inEventLoop()) {
            deliver(value);
        } else {
            reply.connection().eventLoop().execute(this);
        }
    }

    private void deliver(RespValue value) {
        reply.send(value);
        order.finished(this);
    }
}
