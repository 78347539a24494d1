package io.raftkv.kvserver.service;

import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.shard.ClientOrder;
import io.raftkv.resp.CommandTable;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespHandler;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a KV server does with its connections: gives each a {@link ClientOrder} and its commands to the table.
 *
 * <p>Threads: the loops of the connections.
 */
public final class KvHandler implements RespHandler {
    private final CommandTable commands;
    private final LongAdder processed = new LongAdder();
    private final LongAdder connections = new LongAdder();
    private final LongAdder received = new LongAdder();

    /** A handler for one server. */
    public KvHandler(ShardTable table, Limits limits) {
        commands = ServerCommands.table(table, limits, this);
    }

    long processedCommands() {
        return processed.sum();
    }

    long openConnections() {
        return connections.sum();
    }

    long receivedConnections() {
        return received.sum();
    }

    @Override
    public void connected(RespConnection connection) {
        connections.increment();
        received.increment();
        connection.attach(new ClientOrder());
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        processed.increment();
        commands.command(connection, args, reply);
    }

    @Override
    public void disconnected(RespConnection connection) {
        connections.decrement();
        connection.<ClientOrder>attachment().close();
    }
}
