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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A coordinator and servers that do as they are told: real sockets, and one map of keys for all servers. A script may
 * answer a command in place of the map. Sessions are as real ones: what was executed in one is answered from memory, and neither
 * seen by the script nor logged again. Tests see the command alone, in a session or not.
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
    /** Decides what happens to RKV.SESSION. */
    volatile Script sessionScript = (server, command) -> null;
    /** Which commands break the connection when they were executed. */
    volatile Predicate<List<String>> losesAnswer = command -> false;
    /** What was answered in each session that lives, by number. */
    final Map<String, Map<Long, RespValue>> sessions = new ConcurrentHashMap<>();
    /** The highest distance between the number of a command and the first one that was not acknowledged. */
    final AtomicLong widest = new AtomicLong();

    private final AtomicInteger sessionsOpened = new AtomicInteger();
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
        boolean once = words.get(0).equals("RKV.ONCE");
        Map<Long, RespValue> answers = once ? sessions.get(words.get(1)) : null;
        if (once && answers == null) {
            reply.error("SESSIONEXPIRED there is none");
        } else if (once) {
            long number = Long.parseLong(words.get(2));
            long ackedBelow = Long.parseLong(words.get(3));
            widest.accumulateAndGet(number - ackedBelow + 1, Math::max);
            answers.keySet().removeIf(answered -> answered < ackedBelow);
            RespValue known = answers.get(number);
            if (known != null) {
                reply.send(known);
            } else {
                execute(server, connection, words.subList(4, words.size()), reply, answers, number);
            }
        } else if (!basics.handle(connection, args, reply)) {
            execute(server, connection, words, reply, new ConcurrentHashMap<>(), 0);
        }
    }

    private void execute(
            int server,
            RespConnection connection,
            List<String> words,
            Reply reply,
            Map<Long, RespValue> answers,
            long number) {
        log.add(server + " " + String.join(" ", words));
        boolean session = words.get(0).equals("RKV.SESSION");
        Action scripted = (session ? sessionScript : script).on(server, words);
        if (scripted != null) {
            scripted.run(connection, reply);
            return;
        }
        RespValue answer = session ? session(words) : fromMap(words);
        answers.put(number, answer);
        if (losesAnswer.test(words)) {
            connection.close();
        } else {
            reply.send(answer);
        }
    }

    private RespValue session(List<String> words) {
        if (words.get(1).equals("OPEN")) {
            String name = "1-" + sessionsOpened.incrementAndGet();
            sessions.put(name, new ConcurrentHashMap<>());
            return RespValue.bulk(name);
        }
        sessions.remove(words.get(3));
        return RespValue.ok();
    }

    private RespValue fromMap(List<String> words) {
        String key = words.get(1);
        return switch (words.get(0)) {
            case "GET" -> data.containsKey(key) ? RespValue.bulk(data.get(key)) : RespValue.nil();
            case "SET" -> {
                data.put(key, words.get(2));
                yield RespValue.ok();
            }
            case "APPEND" ->
                RespValue.integer(data.merge(key, words.get(2), String::concat).length());
            case "DEL" -> RespValue.integer(data.remove(key) == null ? 0 : 1);
            case "EXISTS" -> RespValue.integer(data.containsKey(key) ? 1 : 0);
            case "INCRBY" ->
                RespValue.integer(Long.parseLong(
                        data.merge(key, words.get(2), (a, b) -> Long.toString(Long.parseLong(a) + Long.parseLong(b)))));
            case "RKV.SCAN" -> scan(Long.parseLong(key));
            default -> RespValue.error("ERR unknown command '" + words.get(0) + "'");
        };
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
