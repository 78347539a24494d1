package io.raftkv.kvserver.service;

import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.CommandException;
import io.raftkv.kvserver.command.DataCommand;
import io.raftkv.kvserver.command.DataCommands;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.shard.ClientOrder;
import io.raftkv.kvserver.shard.Request;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.CommandHandler;
import io.raftkv.resp.CommandSpec;
import io.raftkv.resp.CommandTable;
import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;

/** Puts the table together: commands on keys, on connections, on the server. */
final class ServerCommands {
    private final ShardTable table;
    private final Limits limits;

    private ServerCommands(ShardTable table, Limits limits) {
        this.table = table;
        this.limits = limits;
    }

    static CommandTable table(ShardTable table, Limits limits, KvHandler handler) {
        ServerCommands commands = new ServerCommands(table, limits);
        CommandTable rows = new CommandTable().register(new ConnectionCommands(Map.of("mode", "cluster")));
        DataCommands.all().forEach(command -> rows.register(command.spec(), commands.on(command)));
        SessionCommands.register(rows, table, limits);
        ScanCommands scans = new ScanCommands(table);
        row(rows, "scan", -2, "generic", "Walks the keys this server leads.", scans::scan, "readonly");
        row(rows, "rkv.scan", -2, "raftkv", "Walks the keys of the cluster.", scans::clusterScan, "readonly");
        row(rows, "cluster", -2, "cluster", "Tells about shards and servers.", new ClusterCommand(table), "stale");
        row(
                rows,
                "info",
                -1,
                "server",
                "Tells about this server.",
                new InfoCommand(table, handler),
                "loading",
                "stale");
        row(rows, "config", -2, "server", "Tells settings.", new ConfigCommand(limits), "admin", "loading", "stale");
        row(rows, "rkv.status", 1, "raftkv", "Tells about the shards of this server.", new StatusCommand(table));
        row(rows, "rkv.version", 1, "raftkv", "Tells the release.", (c, a, reply) -> reply.bulk(Version.bytes()));
        row(
                rows,
                "dbsize",
                1,
                "server",
                "Counts the keys that this server leads.",
                commands::dbsize,
                "readonly",
                "fast");
        row(rows, "wait", 3, "generic", "Tells how many other servers have the writes.", commands::await, "blocking");
        row(rows, "time", 1, "server", "Tells the server's time.", (c, a, reply) -> reply.send(time()), "fast");
        CommandHandler ok = (connection, args, reply) -> reply.ok();
        row(rows, "readonly", 1, "cluster", "Accepted; reads go to the leader all the same.", ok, "fast");
        row(rows, "readwrite", 1, "cluster", "Accepted; reads go to the leader anyway.", ok, "fast");
        row(rows, "flushall", -1, "server", "Refused.", refuse("FLUSHALL"), "write", "admin");
        row(rows, "flushdb", -1, "server", "Refused.", refuse("FLUSHDB"), "write", "admin");
        return rows;
    }

    private static void row(
            CommandTable rows,
            String name,
            int arity,
            String group,
            String summary,
            CommandHandler handler,
            String... flags) {
        rows.register(CommandSpec.keyless(name, arity, group, summary, flags), handler);
    }

    private static CommandHandler refuse(String name) {
        return (connection, args, reply) -> reply.error("ERR " + name
                + " is refused: it would be many writes to many shards, each of which could fail alone; delete keys");
    }

    /** On the loop of the connection: checks, encodes, and gives it its place in the order. */
    private CommandHandler on(DataCommand command) {
        return (connection, args, reply) -> {
            try {
                Key[] keys = command.keys(args, limits);
                ClientOrder order = orderOf(connection);
                if (command.isWrite()) {
                    Bytes write = command.encode(args, limits);
                    order.submit(Request.write(order, reply, table, keys, write));
                } else {
                    order.submit(Request.read(order, reply, table, keys, engine -> command.read(engine, keys, args)));
                }
            } catch (CommandException e) {
                reply.send(e.reply());
            }
        };
    }

    static ClientOrder orderOf(RespConnection connection) {
        return connection.<ClientOrder>attachment();
    }

    private void dbsize(RespConnection connection, byte[][] args, io.raftkv.resp.Reply reply) {
        orderOf(connection).barrier(done -> {
            long keys = 0;
            for (ShardGroup group : table.groups()) {
                keys += group.view().ready() ? group.engine().size() : 0;
            }
            reply.integer(keys);
            done.run();
        });
    }

    /** Every answered write is durable on a majority, so nothing is left to wait for but the writes before this. */
    private void await(RespConnection connection, byte[][] args, io.raftkv.resp.Reply reply) {
        orderOf(connection).barrier(done -> {
            int others = Integer.MAX_VALUE;
            for (ShardGroup group : table.groups()) {
                others = Math.min(
                        others, group.group().status().configuration().voters().size() / 2);
            }
            reply.integer(others == Integer.MAX_VALUE ? 0 : others);
            done.run();
        });
    }

    private static RespValue time() {
        Instant now = Clock.systemUTC().instant();
        return RespValue.array(
                RespValue.bulk(Long.toString(now.getEpochSecond())),
                RespValue.bulk(Integer.toString(now.getNano() / 1_000)));
    }
}
