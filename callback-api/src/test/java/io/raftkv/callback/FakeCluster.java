package io.raftkv.callback;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.config.HostPort;
import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespHandler;
import io.raftkv.resp.RespServer;
import io.raftkv.resp.RespValue;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Coordinator nodes without consensus: several ports, one state, and a script that decides what goes wrong. Enough of the
 * protocol for the client's tests; time-outs of sessions come by {@link #expire} alone.
 */
final class FakeCluster implements AutoCloseable {
    /** What becomes of a request. */
    enum Fate {
        /** It is carried out and answered. */
        ANSWER,
        /** The connection breaks before it is carried out. */
        LOSE_REQUEST,
        /** It is carried out, and the connection breaks before the answer leaves. */
        LOSE_REPLY,
        /** Nothing happens, and no answer comes. */
        IGNORE
    }

    private record Event(long seq, long only, long except, List<RespValue> items) {}

    private static final class Session {
        private @Nullable RespConnection connection;
        private int node;
        private @Nullable String address;
        private int pings;
    }

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<RespServer> nodes = new ArrayList<>();
    private final Set<Integer> down = new HashSet<>();
    /** The node of each open connection. */
    private final Map<RespConnection, Integer> connections = new HashMap<>();

    private final Map<String, RespValue> results = new HashMap<>();
    private final Map<Long, Session> sessions = new TreeMap<>();
    private final List<Event> events = new ArrayList<>();
    private final List<@Nullable String> slots = new ArrayList<>();
    private final Map<String, Integer> executions = new LinkedHashMap<>();
    private final List<String> log = new ArrayList<>();
    private Function<String, Fate> script = command -> Fate.ANSWER;
    private Function<String, @Nullable RespValue> replacements = command -> null;
    private long lastSession = 100;
    private int epoch;
    private long leader;
    /** What clients are told; null: the command is not known. */
    private @Nullable List<Integer> members;

    FakeCluster(int size) throws BindException {
        for (int i = 0; i < size; i++) {
            nodes.add(listen(i));
        }
    }

    private RespServer listen(int node) throws BindException {
        ConnectionCommands commands = new ConnectionCommands(Map.of());
        RespHandler handler = new RespHandler() {
            @Override
            public void connected(RespConnection connection) {
                connect(connection, node);
            }

            @Override
            public void disconnected(RespConnection connection) {
                disconnect(connection);
            }

            @Override
            public void command(RespConnection connection, byte[][] args, Reply reply) {
                if (!commands.handle(connection, args, reply)) {
                    FakeCluster.this.command(connection, texts(args), reply);
                }
            }
        };
        return RespServer.builder().bossAndWorkers(loops).handler(handler).start();
    }

    private synchronized void connect(RespConnection connection, int node) {
        connections.put(connection, node);
        if (down.contains(node)) {
            connection.close();
        }
    }

    private synchronized void disconnect(RespConnection connection) {
        connections.remove(connection);
    }

    private static List<String> texts(byte[][] args) {
        return Arrays.stream(args)
                .map(arg -> new String(arg, StandardCharsets.UTF_8))
                .toList();
    }

    ClientConfig config() {
        return ClientConfig.of(nodes.stream()
                        .map(node -> new HostPort("127.0.0.1", node.port()))
                        .toList())
                .withSessionTimeoutMs(500)
                .withRequestTimeoutMs(5_000);
    }

    /**
     * The node closes all connections, now and later. It keeps its port, which another process might take before the
     * node is started again.
     */
    synchronized void stop(int node) {
        down.add(node);
        connections.forEach((connection, at) -> {
            if (at == node) {
                connection.close();
            }
        });
    }

    synchronized void restart(int node) {
        down.remove(node);
    }

    /**
     * Only these nodes are the coordinator's from now on, and clients are told: what is answered later comes behind that. A
     * message that another thread than the loop pushes may come behind it, or get lost when its node is stopped.
     */
    void membersAre(Integer... now) {
        loops.submit(() -> tellMembers(List.of(now))).syncUninterruptibly();
    }

    private synchronized void tellMembers(List<Integer> now) {
        members = now;
        List<RespValue> items = new ArrayList<>(List.of(RespValue.bulk("coordinators")));
        items.addAll(addresses(now));
        connections.keySet().stream()
                .filter(connection -> connection.protocol() == 3)
                .forEach(connection -> connection.push(RespValue.push(items)));
    }

    private List<RespValue> addresses(List<Integer> of) {
        return of.stream()
                .map(node -> RespValue.bulk("127.0.0.1:" + nodes.get(node).port()))
                .toList();
    }

    /** A configuration that names these nodes alone. */
    ClientConfig config(Integer... of) {
        return config().withCoordinators(Arrays.stream(of)
                .map(node -> new HostPort("127.0.0.1", nodes.get(node).port()))
                .toList());
    }

    /** From now on each request, by its command's name, meets the fate the script says. */
    synchronized void script(Function<String, Fate> fates) {
        script = fates;
    }

    /** From now on requests are refused with what the script says, unless that is null. */
    void refuse(Function<String, @Nullable String> errors) {
        replace(command -> {
            String error = errors.apply(command);
            return error == null ? null : RespValue.error(error);
        });
    }

    /** From now on requests are answered, and not carried out, with what the script says, unless that is null. */
    synchronized void replace(Function<String, @Nullable RespValue> answers) {
        replacements = answers;
    }

    /** A script that deals out fates for one command, then answers. */
    static Function<String, Fate> first(String command, Fate... fates) {
        List<Fate> left = new ArrayList<>(List.of(fates));
        return name -> name.equals(command) && !left.isEmpty() ? left.remove(0) : Fate.ANSWER;
    }

    /** How often a command was carried out; repeated requests that get an earlier result do not count. */
    synchronized int executions(String command) {
        return executions.getOrDefault(command, 0);
    }

    /** Every request that came, with repeated ones. */
    synchronized List<String> log() {
        return new ArrayList<>(log);
    }

    synchronized int pings(long session) {
        return sessions.get(session).pings;
    }

    /** The node that a session is bound to. */
    synchronized int nodeOf(long session) {
        return sessions.get(session).node;
    }

    synchronized void breakConnection(long session) {
        RespConnection connection = sessions.get(session).connection;
        if (connection != null) {
            connection.close();
        }
    }

    synchronized void setSlotOfAnother(int idx, String info) {
        set(idx, info);
    }

    /** An event of any kind, to all sessions. */
    synchronized void event(RespValue... items) {
        tell(0, 0, items);
    }

    /** The last event again, as if a node had lost count. */
    synchronized void repeatLastEvent() {
        push(events.get(events.size() - 1));
    }

    synchronized void expire(long session) {
        Session gone = sessions.remove(session);
        if (gone.address != null) {
            tell(0, session, RespValue.bulk("member-leave"), RespValue.bulk(gone.address));
        }
        if (leader == session) {
            leader = 0;
            tell(0, session, RespValue.bulk("leader-failed"), RespValue.bulk(Integer.toString(epoch)));
        }
    }

    private synchronized void command(RespConnection connection, List<String> args, Reply reply) {
        boolean numbered = args.get(0).equals("REQ");
        List<String> words = numbered ? args.subList(3, args.size()) : args;
        String name = words.get(0).toUpperCase(Locale.ROOT);
        if (name.equals("COORD.WATCH")) {
            // Asked with each connection, and no part of what the tests count.
            reply.send(members == null ? other(name, words) : RespValue.array(addresses(members)));
            return;
        }
        log.add(String.join(" ", args));
        Fate fate = script.apply(name);
        if (fate == Fate.IGNORE) {
            return;
        }
        if (fate == Fate.LOSE_REQUEST) {
            lose(connection, reply);
            return;
        }
        RespValue replacement = replacements.apply(name);
        if (replacement != null) {
            reply.send(replacement);
            return;
        }
        String id = args.get(1 % args.size()) + "/" + args.get(2 % args.size());
        RespValue known = numbered ? results.get(id) : null;
        RespValue result = known != null ? known : execute(connection, name, words);
        if (numbered) {
            results.put(id, result);
        }
        if (fate == Fate.LOSE_REPLY) {
            lose(connection, reply);
            return;
        }
        reply.send(result);
        if (name.equals("SESSION.RESUME") && !result.isError()) {
            missed(Long.parseLong(words.get(2)), Long.parseLong(words.get(3)));
        }
    }

    private static void lose(RespConnection connection, Reply reply) {
        connection.close();
        reply.nil();
    }

    private RespValue execute(RespConnection connection, String name, List<String> words) {
        executions.merge(name, 1, Integer::sum);
        if (List.of("SESSION.PING", "SESSION.CLOSE", "MEMBER.JOIN", "ELECT").contains(name)
                && !sessions.containsKey(Long.parseLong(words.get(1)))) {
            return RespValue.error("SESSIONEXPIRED session " + words.get(1) + " has ended; open a new one");
        }
        return switch (name) {
            case "SESSION.OPEN" -> open(connection);
            case "SESSION.RESUME" -> resume(connection, Long.parseLong(words.get(2)));
            case "SESSION.PING" -> {
                sessions.get(Long.parseLong(words.get(1))).pings++;
                yield RespValue.simple("PONG");
            }
            case "SESSION.CLOSE" -> {
                expire(Long.parseLong(words.get(1)));
                yield RespValue.ok();
            }
            case "MEMBER.JOIN" -> join(Long.parseLong(words.get(1)), Integer.parseInt(words.get(2)), words.get(3));
            case "ELECT" -> elect(Long.parseLong(words.get(1)), Integer.parseInt(words.get(2)));
            case "SETSLOT" -> setSlot(words);
            case "SLOTS" ->
                RespValue.array(slots.stream()
                        .map(slot -> slot == null ? RespValue.nil() : RespValue.bulk(slot))
                        .toList());
            case "ALIVE" ->
                RespValue.array(sessions.values().stream()
                        .filter(session -> session.address != null)
                        .map(session -> RespValue.bulk(session.address))
                        .toList());
            default -> other(name, words);
        };
    }

    /** The rest in a fixed form, to show how answers are read. */
    private static RespValue other(String name, List<String> words) {
        RespValue row = RespValue.array(
                RespValue.integer(3),
                RespValue.integer(1),
                RespValue.array(RespValue.array(
                        RespValue.bulk("ffffffffffffffff"), RespValue.integer(7), RespValue.bulk(":8088"))));
        return switch (name) {
            case "JOIN", "LEAVE", "MOVE" -> RespValue.integer(words.size());
            case "QUERY" ->
                RespValue.map(
                        RespValue.bulk("version"),
                        RespValue.integer(1),
                        RespValue.bulk("shards"),
                        RespValue.array(RespValue.integer(1), RespValue.integer(1)),
                        RespValue.bulk("groups"),
                        RespValue.map(RespValue.bulk("1"), RespValue.array(RespValue.bulk(":8088"))));
            case "MEMBERS" ->
                RespValue.array(RespValue.array(
                        RespValue.integer(101),
                        RespValue.integer(2),
                        RespValue.bulk("a:1"),
                        RespValue.integer(1),
                        RespValue.integer(5)));
            case "GENESIS" -> words.contains("9") ? RespValue.array() : RespValue.array(row);
            case "ACTIVATE" -> row;
            case "SERVER.BIND" -> RespValue.ok();
            case "SERVER.LIST" -> RespValue.map(RespValue.bulk("127.0.0.1:8088"), RespValue.bulk("ffffffffffffffff"));
            case "COORD.INFO" ->
                RespValue.map(
                        RespValue.bulk("cluster-id"),
                        RespValue.bulk("c1"),
                        RespValue.bulk("cluster-name"),
                        RespValue.bulk("test"),
                        RespValue.bulk("shards"),
                        RespValue.integer(16),
                        RespValue.bulk("leader"),
                        RespValue.nil(),
                        RespValue.bulk("term"),
                        RespValue.integer(4),
                        RespValue.bulk("commit"),
                        RespValue.integer(9),
                        RespValue.bulk("nodes"),
                        RespValue.array(RespValue.array(
                                RespValue.bulk("0a"), RespValue.bulk("127.0.0.1:50000"), RespValue.bulk("follower"))));
            case "COORD.ADD", "COORD.REMOVE", "COORD.REPLACE" -> RespValue.integer(words.size());
            case "COORD.NODES" ->
                RespValue.map(
                        RespValue.bulk("version"),
                        RespValue.integer(2),
                        RespValue.bulk("change"),
                        RespValue.nil(),
                        RespValue.bulk("term"),
                        RespValue.integer(4),
                        RespValue.bulk("commit"),
                        RespValue.integer(9),
                        RespValue.bulk("last"),
                        RespValue.integer(10),
                        RespValue.bulk("nodes"),
                        RespValue.array(RespValue.array(
                                RespValue.bulk("ffffffffffffffff"),
                                RespValue.bulk("a:1"),
                                RespValue.bulk("leader"),
                                RespValue.integer(10))));
            default -> RespValue.error("ERR unknown command '" + name + "'");
        };
    }

    private RespValue open(RespConnection connection) {
        Session session = new Session();
        bind(session, connection);
        sessions.put(++lastSession, session);
        return RespValue.array(RespValue.integer(lastSession), RespValue.integer(events.size()));
    }

    private void bind(Session session, RespConnection connection) {
        session.connection = connection;
        session.node = connections.getOrDefault(connection, -1);
    }

    private RespValue resume(RespConnection connection, long id) {
        Session session = sessions.get(id);
        if (session == null) {
            return RespValue.error("SESSIONEXPIRED session " + id + " has ended; open a new one");
        }
        bind(session, connection);
        return RespValue.ok();
    }

    private void missed(long session, long lastSeen) {
        events.stream().filter(event -> event.seq > lastSeen).forEach(event -> push(event, session));
    }

    private RespValue join(long id, int idx, String address) {
        Session session = sessions.get(id);
        session.address = address;
        tell(0, id, RespValue.bulk("member-join"), RespValue.bulk(Integer.toString(idx)), RespValue.bulk(address));
        return RespValue.ok();
    }

    private RespValue elect(long id, int claimed) {
        boolean won = claimed > epoch;
        if (won) {
            if (leader != 0 && leader != id) {
                tell(leader, 0, RespValue.bulk("deposed"), RespValue.bulk(Integer.toString(epoch)));
            }
            epoch = claimed;
            leader = id;
        }
        return RespValue.array(RespValue.integer(won ? 1 : 0), RespValue.integer(epoch), RespValue.integer(leader));
    }

    private RespValue setSlot(List<String> words) {
        int at = words.indexOf("EPOCH");
        if (at > 0 && Integer.parseInt(words.get(at + 2)) != epoch) {
            return RespValue.error("FENCED epoch " + words.get(at + 2) + " < " + epoch + ", the one in force");
        }
        set(Integer.parseInt(words.get(2)), words.get(3));
        return RespValue.ok();
    }

    private void set(int idx, String info) {
        while (slots.size() <= idx) {
            slots.add(null);
        }
        slots.set(idx, info);
        tell(0, 0, RespValue.bulk("slot"), RespValue.bulk(Integer.toString(idx)), RespValue.bulk(info));
    }

    private void tell(long only, long except, RespValue... what) {
        Event event = new Event(events.size() + 1L, only, except, List.of(what));
        events.add(event);
        push(event);
    }

    private void push(Event event) {
        new ArrayList<>(sessions.keySet()).forEach(session -> push(event, session));
    }

    private void push(Event event, long id) {
        RespConnection connection = sessions.get(id).connection;
        if (connection != null && event.except != id && (event.only == 0 || event.only == id)) {
            List<RespValue> items = new ArrayList<>(List.of(RespValue.bulk("event"), RespValue.integer(event.seq)));
            items.addAll(event.items);
            connection.push(RespValue.push(items));
        }
    }

    @Override
    public void close() {
        if (loops.isShuttingDown()) {
            return;
        }
        nodes.forEach(RespServer::close);
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
