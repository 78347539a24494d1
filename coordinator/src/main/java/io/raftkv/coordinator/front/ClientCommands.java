package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.state.Refusal;
import io.raftkv.resp.CommandSpec;
import io.raftkv.resp.CommandTable;
import io.raftkv.resp.ConnectionCommands;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespHandler;
import io.raftkv.resp.RespValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The commands of the coordinator, a row each. Arguments are read on the connection's loop; the rest is done on the
 * group's loop.
 *
 * <p>Threads: filled once; then any.
 */
public final class ClientCommands implements RespHandler {
    /** What a node answers that is no member. */
    private static final Set<String> SERVED_BY_ANY = Set.of("coord.info", "coord.watch", "info");

    private final Front front;
    private final int defaultTimeoutMs;
    private final CommandTable table = new CommandTable();
    private final Map<String, Operation> operations = new LinkedHashMap<>();

    /** Reads the arguments at once, and returns what is then done on the group's loop. */
    private interface Operation {
        Task prepare(RespConnection connection, Args args);
    }

    /** Done on the group's loop; {@code done} is called once. */
    private interface Task {
        void run(@Nullable RequestId id, Consumer<RespValue> done);
    }

    /**
     * @param defaultTimeoutMs of sessions whose client asks for none
     */
    public ClientCommands(Front front, NodeInfo info, int defaultTimeoutMs) {
        this.front = front;
        this.defaultTimeoutMs = defaultTimeoutMs;
        table.register(new ConnectionCommands(Map.of("server", "raftkv-coordinator", "mode", "standalone")));
        sessions();
        services();
        shards();
        servers();
        nodes();
        add(
                "coord.info",
                1,
                "cluster",
                "Tells of the coordinator's nodes and its leader.",
                (c, args) -> (id, done) -> done.accept(info.cluster()));
        add(
                "info",
                -1,
                "server",
                "Tells of this node.",
                (c, args) -> (id, done) -> done.accept(RespValue.bulk(info.text())));
        table.register(
                CommandSpec.keyless("req", -4, "session", "Does a command once, however often it is sent.", "write"),
                this::request);
    }

    private void sessions() {
        add("session.open", 3, "session", "Opens a session.", this::openSession);
        add("session.resume", 4, "session", "Goes on with a session on this connection.", this::resumeSession);
        add("session.ping", 3, "session", "Keeps a session.", (c, args) -> {
            long session = args.number(1);
            args.number(2);
            return (id, done) -> front.beat(session, done);
        });
        add("session.close", 2, "session", "Ends a session.", (c, args) -> {
            long session = args.number(1);
            return (id, done) -> front.write(id, new Command.CloseSession(session), result -> {
                front.sessionClosed(session);
                done.accept(result);
            });
        });
        write(
                "member.join",
                4,
                "session",
                "Makes a session a member.",
                args -> new Command.JoinMember(args.number(1), args.integer(2), args.bytes(3)));
        write(
                "elect",
                3,
                "session",
                "Claims to lead a service.",
                args -> new Command.Elect(args.number(1), args.integer(2)));
    }

    private void services() {
        write("setslot", -4, "service", "Writes a slot.", Parsers::setSlot);
        read("slots", 2, "service", "All slots of a service.", args -> new Query.Slots(args.text(1)));
        read("alive", 2, "service", "The addresses of a service's members.", args -> new Query.Alive(args.text(1)));
        read("members", 2, "service", "The members of a service.", args -> new Query.Members(args.text(1)));
    }

    private void shards() {
        read("query", -1, "shards", "The shard map, or an earlier one.", Parsers::map);
        write("join", -3, "shards", "Adds groups, or changes their servers.", Parsers::join);
        write("leave", -2, "shards", "Removes groups.", Parsers::leave);
        write(
                "move",
                3,
                "shards",
                "Gives a shard to a group.",
                args -> new Command.MoveShard(args.integer(1), args.integer(2)));
    }

    private void servers() {
        write(
                "server.bind",
                3,
                "servers",
                "Announces a server.",
                args -> new Command.BindServer(args.text(1), args.hex(2)));
        read("server.list", 1, "servers", "The servers that are known.", args -> new Query.Servers());
        read("genesis", -1, "servers", "The first members of shards.", Parsers::genesis);
        write(
                "activate",
                2,
                "servers",
                "Writes the first members of a shard.",
                args -> new Command.Activate(args.integer(1)));
        write("placed", 7, "servers", "Tells where a shard is.", Parsers::placed);
        read("placement", 1, "servers", "Where the opened shards are.", args -> new Query.Placements());
        write(
                "server.replace",
                2,
                "servers",
                "Lets another server take the place of one that lost its data.",
                args -> new Command.ReplaceServer(args.text(1)));
    }

    private void nodes() {
        add(
                "coord.nodes",
                1,
                "cluster",
                "The coordinator's nodes, as its leader sees them.",
                (c, args) -> (id, done) -> front.nodes(done));
        add(
                "coord.watch",
                1,
                "cluster",
                "Where the coordinator's nodes are, now and later.",
                (c, args) -> (id, done) -> done.accept(front.watchNodes(c)));
        change("coord.add", 2, "Makes a new node a member.", args -> args.node(1), args -> "");
        change("coord.remove", 2, "Removes a node.", args -> "", args -> args.node(1));
        change(
                "coord.replace",
                3,
                "Lets a new node take a member's place.",
                args -> args.node(2),
                args -> args.node(1));
    }

    private void change(
            String name, int arity, String summary, Function<Args, String> joins, Function<Args, String> leaves) {
        add(name, arity, "cluster", summary, (connection, args) -> {
            String joining = joins.apply(args);
            String leaving = leaves.apply(args);
            return (id, done) -> front.changeNodes(id, joining, leaving, done);
        });
    }

    private void write(String name, int arity, String group, String summary, Function<Args, Command> parser) {
        add(name, arity, group, summary, (connection, args) -> {
            Command command = parser.apply(args);
            return (id, done) -> front.write(id, command, done);
        });
    }

    private void read(String name, int arity, String group, String summary, Function<Args, Query> parser) {
        add(name, arity, group, summary, (connection, args) -> {
            Query query = parser.apply(args);
            return (id, done) -> front.read(query, done);
        });
    }

    private void add(String name, int arity, String group, String summary, Operation operation) {
        operations.put(name, operation);
        table.register(
                CommandSpec.keyless(name, arity, group, summary),
                (connection, args, reply) -> run(operation, connection, new Args(args), null, reply));
    }

    /** {@code REQ client seq command...}. */
    private void request(RespConnection connection, byte[][] raw, Reply reply) {
        Args args = new Args(raw);
        byte[][] inner = args.from(3);
        Operation operation = operations.get(args.text(3).toLowerCase(Locale.ROOT));
        CommandSpec spec = table.find(inner[0]);
        if (operation == null || spec == null) {
            reply.error(CommandTable.unknown(inner));
        } else if (!spec.accepts(inner.length)) {
            reply.error(CommandTable.wrongArity(spec.name()));
        } else {
            RequestId id;
            try {
                id = new RequestId(args.hex(1), args.number(2));
            } catch (Refusal refusal) {
                reply.error(refusal.text());
                return;
            }
            run(operation, connection, new Args(inner), id, reply);
        }
    }

    private void run(Operation operation, RespConnection connection, Args args, @Nullable RequestId id, Reply reply) {
        String whyNot = front.whyNot();
        if (whyNot != null && !SERVED_BY_ANY.contains(args.text(0).toLowerCase(Locale.ROOT))) {
            reply.error("NOLEADER " + whyNot);
            return;
        }
        try {
            Task task = operation.prepare(connection, args);
            front.loop().execute(() -> task.run(id, reply::send));
        } catch (Refusal refusal) {
            reply.error(refusal.text());
        }
    }

    private Task openSession(RespConnection connection, Args args) {
        int timeoutMs = args.integer(2) == 0 ? defaultTimeoutMs : args.integer(2);
        Command.OpenSession open = new Command.OpenSession(args.text(1), timeoutMs);
        return (id, done) -> front.write(id, open, result -> {
            done.accept(result);
            if (!result.isError()) {
                List<RespValue> row = result.asList();
                bindAfterReply(
                        connection,
                        open.service(),
                        row.get(0).asLong(),
                        row.get(1).asLong());
            }
        });
    }

    private Task resumeSession(RespConnection connection, Args args) {
        if (connection.protocol() != 3) {
            throw new Refusal("ERR events come as RESP3 pushes; send HELLO 3 first");
        }
        Query.Resumable query = new Query.Resumable(args.text(1), args.number(2), args.number(3));
        return (id, done) -> front.read(query, result -> {
            done.accept(result);
            if (!result.isError()) {
                bindAfterReply(connection, query.service(), query.session(), query.lastSeenSeq());
            }
        });
    }

    /** Events must not overtake the reply that tells the client which session they are of. */
    private void bindAfterReply(RespConnection connection, String service, long session, long seq) {
        connection.eventLoop().execute(() -> front.loop().execute(() -> front.bind(connection, service, session, seq)));
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        table.command(connection, args, reply);
    }

    @Override
    public void disconnected(RespConnection connection) {
        front.loop().execute(() -> front.unbind(connection.id()));
    }
}
