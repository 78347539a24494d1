package io.raftkv.cli;

import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespServer;
import io.raftkv.resp.RespValue;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A coordinator and the one server of its two shards, behind one port; it remembers what it was asked to change.
 *
 * <p>Threads: its loops; what tests touch is safe for that.
 */
public final class FakeStore implements AutoCloseable {
    /** What it was asked to change, in order. */
    public final List<String> changes = new CopyOnWriteArrayList<>();

    private final Map<String, byte[]> data = new ConcurrentSkipListMap<>();
    private final ConnectionCommands basics = new ConnectionCommands(Map.of());
    private final RespServer server;

    public FakeStore() throws BindException {
        server = RespServer.builder().handler(this::serve).start();
    }

    /** Its address, as for {@code --coordinators}. */
    public String address() {
        return "127.0.0.1:" + server.port();
    }

    private void serve(RespConnection connection, byte[][] args, Reply reply) {
        // A numbered request is carried out without looking at its number.
        byte[][] plain = text(args[0]).equals("REQ") ? Arrays.copyOfRange(args, 3, args.length) : args;
        if (basics.handle(connection, plain, reply)) {
            return;
        }
        RespValue answer = coordinate(plain);
        reply.send(answer != null ? answer : store(plain));
    }

    private RespValue coordinate(byte[][] args) {
        String command =
                String.join(" ", Arrays.stream(args).map(FakeStore::text).toList());
        return switch (text(args[0])) {
            case "COORD.INFO" ->
                map(
                        "cluster-id", RespValue.bulk("c1"),
                        "cluster-name", RespValue.bulk("test"),
                        "shards", RespValue.integer(2),
                        "leader", RespValue.bulk(address()),
                        "term", RespValue.integer(7),
                        "commit", RespValue.integer(9),
                        "nodes", texts(List.of(List.of("1f", address(), "leader"))));
            case "COORD.NODES" -> coordinatorNodes();
            case "COORD.ADD", "COORD.REMOVE", "COORD.REPLACE" -> {
                changes.add(command);
                yield command.contains(":9")
                        ? RespValue.error("NOTREADY no new coordinator node answers at 127.0.0.1:9")
                        : RespValue.integer(command.contains(":8") ? 4 : 3);
            }
            case "SLOTS" -> RespValue.array(RespValue.bulk(address()), RespValue.bulk(address()), RespValue.nil());
            case "ALIVE" -> RespValue.array(RespValue.bulk(address()));
            case "MEMBERS" ->
                RespValue.array(RespValue.array(
                        RespValue.integer(255),
                        RespValue.integer(3),
                        RespValue.bulk("10.0.0.1:1"),
                        RespValue.integer(1),
                        RespValue.integer(4)));
            case "QUERY" ->
                args.length > 1 && text(args[1]).equals("99")
                        ? RespValue.error("ERR there is no version 99")
                        : shardMap();
            case "SERVER.LIST" -> map(address(), RespValue.bulk("1f"));
            case "GENESIS", "PLACEMENT" -> RespValue.array();
            case "JOIN", "LEAVE", "MOVE", "SERVER.REPLACE" -> {
                changes.add(command);
                yield command.contains(" 9")
                        ? RespValue.error("NOSUCHGROUP there is no group 9")
                        : RespValue.integer(2);
            }
            case "SETSLOT" -> {
                changes.add(command);
                yield RespValue.ok();
            }
            default -> null;
        };
    }

    /** Change 3 is through; change 4 never will be. */
    private RespValue coordinatorNodes() {
        boolean stuck = changes.stream().anyMatch(change -> change.contains(":8"));
        return map(
                "version", RespValue.integer(stuck ? 4 : 3),
                "change", stuck ? RespValue.bulk("127.0.0.1:8 (node 8) is being added") : RespValue.nil(),
                "term", RespValue.integer(7),
                "commit", RespValue.integer(9),
                "last", RespValue.integer(10),
                "nodes",
                        RespValue.array(
                                coordinatorNode("1f", address(), "leader", 10),
                                coordinatorNode("2a", "127.0.0.1:2", "follower", 8),
                                coordinatorNode("3", "127.0.0.1:3", "unreachable", 1),
                                coordinatorNode("4", "127.0.0.1:4", "follower", 10),
                                coordinatorNode("5", "127.0.0.1:5", "waiting", -1)));
    }

    private static RespValue coordinatorNode(String id, String address, String state, int match) {
        return RespValue.array(
                RespValue.bulk(id),
                RespValue.bulk(address),
                RespValue.bulk(state),
                match < 0 ? RespValue.nil() : RespValue.integer(match));
    }

    private RespValue shardMap() {
        return map(
                "version", RespValue.integer(1),
                "shards", RespValue.array(RespValue.integer(1), RespValue.integer(1)),
                "groups", RespValue.map(RespValue.bulk("1"), RespValue.array(RespValue.bulk(address()))));
    }

    private RespValue store(byte[][] args) {
        String key = args.length > 1 ? text(args[1]) : "";
        return switch (text(args[0]).toUpperCase(java.util.Locale.ROOT)) {
            case "GET" -> data.containsKey(key) ? RespValue.bulk(data.get(key)) : RespValue.nil();
            case "SET" -> {
                data.put(key, args[2]);
                yield RespValue.ok();
            }
            case "APPEND" -> {
                byte[] all =
                        (text(data.getOrDefault(key, new byte[0])) + text(args[2])).getBytes(StandardCharsets.UTF_8);
                data.put(key, all);
                yield RespValue.integer(all.length);
            }
            case "DEL" -> RespValue.integer(data.remove(key) == null ? 0 : 1);
            case "STRLEN" -> RespValue.integer(data.getOrDefault(key, new byte[0]).length);
            case "RKV.SESSION" -> key.equals("OPEN") ? RespValue.bulk("1-1") : RespValue.ok();
            case "RKV.ONCE" -> store(Arrays.copyOfRange(args, 4, args.length));
            case "RKV.SCAN" ->
                RespValue.array(
                        RespValue.bulk("0"),
                        RespValue.array(
                                data.keySet().stream().map(RespValue::bulk).toList()));
            case "RKV.STATUS" ->
                RespValue.array(shard(0, "leader", "serving"), shard(1, "follower", "waiting for a vote"));
            default -> RespValue.error("ERR unknown command '" + text(args[0]) + "'");
        };
    }

    private RespValue shard(int number, String role, String state) {
        return map(
                "shard", RespValue.integer(number),
                "role", RespValue.bulk(role),
                "term", RespValue.integer(5),
                "leader", RespValue.nil(),
                "commit", RespValue.integer(100),
                "last", RespValue.integer(120),
                "members",
                        RespValue.array(RespValue.array(
                                RespValue.bulk(address()), RespValue.integer(117), RespValue.bulk("voter"))),
                "keys", RespValue.integer(42),
                "state", RespValue.bulk(state));
    }

    private static RespValue map(Object... pairs) {
        RespValue[] values = new RespValue[pairs.length];
        for (int i = 0; i < pairs.length; i++) {
            values[i] = pairs[i] instanceof RespValue value ? value : RespValue.bulk((String) pairs[i]);
        }
        return RespValue.map(values);
    }

    private static RespValue texts(List<List<String>> rows) {
        List<RespValue> values = new ArrayList<>();
        rows.forEach(row ->
                values.add(RespValue.array(row.stream().map(RespValue::bulk).toList())));
        return RespValue.array(values);
    }

    private static String text(byte[] word) {
        return new String(word, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.close();
    }
}
