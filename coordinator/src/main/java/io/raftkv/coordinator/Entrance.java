package io.raftkv.coordinator;

import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespHandler;
import org.jspecify.annotations.Nullable;

/**
 * The port for clients is open before there is anybody to serve them, because a free port is known only then.
 *
 * <p>Threads: any.
 */
final class Entrance implements RespHandler {
    private volatile @Nullable RespHandler handler;

    /** From now on {@code served} answers. */
    void open(RespHandler served) {
        handler = served;
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        RespHandler served = handler;
        if (served == null) {
            reply.error("NOLEADER this node is being started; retry in 100 ms");
        } else {
            served.command(connection, args, reply);
        }
    }

    @Override
    public void disconnected(RespConnection connection) {
        RespHandler served = handler;
        if (served != null) {
            served.disconnected(connection);
        }
    }
}
