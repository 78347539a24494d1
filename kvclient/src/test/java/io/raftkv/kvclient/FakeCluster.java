package io.raftkv.kvclient;

import io.raftkv.callback.KeySlot;
import io.raftkv.config.HostPort;
import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespServer;
import io.raftkv.resp.RespValue;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A coordinator and servers that do as they are told: real sockets, and one map of keys for all servers. A script may
 * answer a command in place of the map.
 *
 * <p>Threads: the servers' loops; all that tests touch is safe for that.
 */
final class FakeCluster implements AutoCloseable {
    /** Decides what happens to a command; null leaves it to the map. */
    interface Script {
        Action on(int server, List<String> command);
    }

    /** What a server does with a command. */
    interface Action {
        Action DROP_CONNECTION = (connection, reply) -> connection.close();
        Action NEVER_ANSWER = (connection, reply) -> {};

        static Action answer(String error) {
            return (connection, reply) -> reply.error(error);
        }

        void run(RespConnection connection, Reply reply);
    }

    final int shards;
    final List<Integer> leaders = new CopyOnWriteArrayList<>();
    final List<String> log = new CopyOnWriteArrayList<>();
    final Map<String, String> data = new ConcurrentSkipListMap<>();
    volatile Script script = (server, command) -> null;

    private final List<RespServer> servers = new ArrayList<>();
    private final RespServer coordinator;
    private final Set<Integer> stopped = ConcurrentHashMap.newKeySet();
    private final ConnectionCommands basics = new ConnectionCommands(Map.of());

    FakeCluster(int shards, int serverCount) throws BindException {
        this.shards = shards;
        for (int i = 0; i < serverCount; i++) {
            int server = i;
            servers.add(RespServer.builder()
                    .handler((connection, args, reply) -> serve(server, connection, args, reply))
                    .start());
        }
        for (int i = 0; i < shards; i++) {
            leaders.add(i % serverCount);
        }
        coordinator = RespServer.builder().handler(this::coordinate).start();
    }

    KvClientConfig config() {
        return KvClientConfig.of("127.0.0.1:" + coordinator.port());
    }

    HostPort address(int server) {
        return new HostPort("127.0.0.1", servers.get(server).port());
    }

    void stop(int server) {
        if (stopped.add(server)) {
            servers.get(server).close();
        }
    }

    /** What the servers were sent, but for what tests do not care about. */
    long count(String commandPrefix) {
        return log.stream().filter(line -> line.contains(commandPrefix)).count();
    }

    private void coordinate(RespConnection connection, byte[][] args, Reply reply) {
        List<String> words = words(args);
        if (words.get(0).equals("COORD.INFO")) {
            reply.send(RespValue.map(RespValue.bulk("shards"), RespValue.integer(shards)));
        } else if (words.get(0).equals("SLOTS")) {
            List<RespValue> slots = new ArrayList<>();
            leaders.forEach(leader -> slots.add(
                    leader < 0
                            ? RespValue.nil()
                            : RespValue.bulk(address(leader).toString())));
            reply.send(RespValue.array(slots));
        } else if (!basics.handle(connection, args, reply)) {
            reply.error("ERR unknown command " + words.get(0));
        }
    }

    private void serve(int server, RespConnection connection, byte[][] args, Reply reply) {
        List<String> words = words(args);
        log.add(server + " " + String.join(" ", words));
        Action scripted = script.on(server, words);
        if (scripted != null) {
            scripted.run(connection, reply);
        } else if (!basics.handle(connection, args, reply)) {
            fromMap(words, reply);
        }
    }

    private void fromMap(List<String> words, Reply reply) {
        String key = words.get(1);
        switch (words.get(0)) {
            case "GET" -> {
                String value = data.get(key);
                reply.send(value == null ? RespValue.nil() : RespValue.bulk(value));
            }
            case "SET" -> {
                data.put(key, words.get(2));
                reply.ok();
            }
            case "APPEND" ->
                reply.integer(data.merge(key, words.get(2), String::concat).length());
            case "DEL" -> reply.integer(data.remove(key) == null ? 0 : 1);
            case "EXISTS" -> reply.integer(data.containsKey(key) ? 1 : 0);
            case "INCRBY" ->
                reply.integer(Long.parseLong(
                        data.merge(key, words.get(2), (a, b) -> Long.toString(Long.parseLong(a) + Long.parseLong(b)))));
            case "RKV.SCAN" -> reply.send(scan(Long.parseLong(key)));
            default -> reply.error("ERR unknown command '" + words.get(0) + "'");
        }
    }

    // One hash slot per page, the last shard ends the walk.
    private RespValue scan(long cursor) {
        int slot = (int) (cursor >>> 48);
        List<RespValue> keys = new ArrayList<>();
        data.keySet().stream().filter(key -> KeySlot.of(key) == slot).forEach(key -> keys.add(RespValue.bulk(key)));
        int next = data.keySet().stream()
                .mapToInt(KeySlot::of)
                .filter(other -> other > slot)
                .min()
                .orElse(KeySlot.SLOTS);
        String end = next == KeySlot.SLOTS ? "0" : Long.toString((long) next << 48);
        return RespValue.array(RespValue.bulk(end), RespValue.array(keys));
    }

    private static List<String> words(byte[][] args) {
        List<String> words = new ArrayList<>();
        for (byte[] arg : args) {
            words.add(new String(arg, StandardCharsets.UTF_8));
        }
        return words;
    }

    @Override
    public void close() {
        if (stopped.add(-1)) {
            coordinator.close();
        }
        for (int i = 0; i < servers.size(); i++) {
            stop(i);
        }
    }
}
