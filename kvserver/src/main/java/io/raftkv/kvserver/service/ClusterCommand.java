package io.raftkv.kvserver.service;

import io.raftkv.callback.KeySlot;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.cluster.Topology;
import io.raftkv.kvserver.engine.Position;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.resp.CommandHandler;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** CLUSTER: what Redis Cluster clients ask to find their way. */
final class ClusterCommand implements CommandHandler {
    private static final Set<String> CHANGES = Set.of(
            "MEET",
            "FORGET",
            "SETSLOT",
            "FAILOVER",
            "REPLICATE",
            "ADDSLOTS",
            "ADDSLOTSRANGE",
            "DELSLOTS",
            "DELSLOTSRANGE",
            "FLUSHSLOTS",
            "RESET",
            "BUMPEPOCH",
            "SAVECONFIG",
            "SET-CONFIG-EPOCH");
    private static final List<String> HELP = List.of(
            "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "COUNTKEYSINSLOT <slot>",
            "    Return the number of keys in <slot>.",
            "GETKEYSINSLOT <slot> <count>",
            "    Return key names stored by this server in a slot.",
            "INFO",
            "    Return information about the cluster.",
            "KEYSLOT <key>",
            "    Return the hash slot for <key>.",
            "LINKS",
            "    Return an empty list; shards keep their own links.",
            "MYID",
            "    Return the node id.",
            "NODES",
            "    Return the servers as seen by this one.",
            "REPLICAS <node-id>",
            "    Return an empty list; every server is a master of the shards that it leads.",
            "SHARDS",
            "    Return shards and their replicas.",
            "SLOTS",
            "    Return ranges of hash slots with their leader first.",
            "HELP",
            "    Print this help.");
    private static final int MAX_KEYS = 10_000;

    private final ShardTable table;
    private volatile @Nullable ClusterText cached;

    ClusterCommand(ShardTable table) {
        this.table = table;
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        String name = new String(args[1], StandardCharsets.UTF_8).toUpperCase(Locale.ROOT);
        switch (name) {
            case "SLOTS" -> reply.send(text().slots());
            case "NODES" -> reply.send(new RespValue.Verbatim("txt", text().nodes()));
            case "SHARDS" -> reply.send(text().shards(table));
            case "INFO" -> reply.send(new RespValue.Verbatim("txt", text().info()));
            case "MYID" -> reply.send(RespValue.bulk(Topology.nodeIdOf(table.serverId())));
            case "LINKS", "REPLICAS", "SLAVES" -> reply.send(RespValue.array());
            case "HELP" ->
                reply.send(RespValue.array(HELP.stream().map(RespValue::simple).toList()));
            case "KEYSLOT" -> {
                if (hasArguments(name, args, 1, reply)) {
                    reply.integer(KeySlot.of(args[2]));
                }
            }
            case "COUNTKEYSINSLOT" -> {
                if (hasArguments(name, args, 1, reply)) {
                    count(args, reply);
                }
            }
            case "GETKEYSINSLOT" -> {
                if (hasArguments(name, args, 2, reply)) {
                    keys(args, reply);
                }
            }
            default -> reply.error(unknown(name, args));
        }
    }

    private static String unknown(String name, byte[][] args) {
        if (CHANGES.contains(name)) {
            return "ERR CLUSTER " + name + " is not possible: the RaftKV coordinator places the shards; use raftkv ctl";
        }
        return "ERR unknown subcommand '" + new String(args[1], StandardCharsets.UTF_8) + "'. Try CLUSTER HELP.";
    }

    private static boolean hasArguments(String name, byte[][] args, int count, Reply reply) {
        if (args.length == 2 + count) {
            return true;
        }
        reply.error("ERR wrong number of arguments for 'cluster|" + name.toLowerCase(Locale.ROOT) + "' command");
        return false;
    }

    /** Rendered once per change: clients ask in crowds. */
    private ClusterText text() {
        Topology topology = table.topology();
        ClusterText current = cached;
        if (current == null || current.topology().change() != topology.change()) {
            current = new ClusterText(topology);
            cached = current;
        }
        return current;
    }

    private static int number(byte[] arg, int max) {
        String text = new String(arg, StandardCharsets.UTF_8);
        return text.matches("\\d{1,9}") && Integer.parseInt(text) <= max ? Integer.parseInt(text) : -1;
    }

    private void count(byte[][] args, Reply reply) {
        int slot = number(args[2], KeySlot.SLOTS - 1);
        if (slot < 0) {
            reply.error("ERR Invalid slot");
            return;
        }
        ShardGroup group = table.groupOf(slot);
        reply.integer(group == null ? 0 : group.engine().countHashSlot(slot));
    }

    private void keys(byte[][] args, Reply reply) {
        int slot = number(args[2], KeySlot.SLOTS - 1);
        int count = number(args[3], Integer.MAX_VALUE);
        if (slot < 0 || count < 0) {
            reply.error("ERR Invalid slot or number of keys");
            return;
        }
        List<RespValue> keys = new ArrayList<>();
        ShardGroup group = table.groupOf(slot);
        if (group != null && count > 0) {
            group.engine()
                    .scan(
                            Position.firstOf(slot),
                            Position.firstOf(slot + 1),
                            Math.min(count, MAX_KEYS),
                            key -> keys.add(RespValue.bulk(key.bytes())));
        }
        reply.send(RespValue.array(keys));
    }
}
