package io.raftkv.kvserver.shard;

import io.raftkv.kvserver.command.CommandException;
import io.raftkv.kvserver.command.DataCommand;
import io.raftkv.kvserver.command.DataCommands;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.engine.Key;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.session.SessionCommand;
import io.raftkv.raft.session.SessionLimits;
import io.raftkv.raft.session.SessionReply;
import io.raftkv.raft.sim.Client;
import io.raftkv.raft.sim.Model;
import io.raftkv.raft.sim.Workload;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Redis commands on a few hot keys, through the encoders, the state machine and the readers of a server; some of the writes in
 * sessions. What was sent in a session is now and then sent again, after it was answered, or because nobody knows what became
 * of it: the model executes it once, and answers as it did the first time.
 */
final class ShardWorkload implements Workload<ShardMachine, ShardWorkload.Call>, Model<ShardWorkload.Call> {
    /** A command in the words of its client, in a session or not; without a name, it asks for a session. */
    record Call(String name, List<String> args, Number number) {
        private static final Call OPEN = new Call("", List.of(), null);

        Call(String name, String... args) {
            this(name, List.of(args), null);
        }

        Call in(Number place) {
            return new Call(name, args, place);
        }

        byte[][] bytes() {
            byte[][] bytes = new byte[args.size() + 1][];
            bytes[0] = name.getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < args.size(); i++) {
                bytes[i + 1] = args.get(i).getBytes(StandardCharsets.UTF_8);
            }
            return bytes;
        }
    }

    /** The place of a command in a session. */
    record Number(long session, long sequence, long ackedBelow) {}

    /** What a client that asks for a session is told. The model cannot know the number, so that any is as good. */
    @SuppressWarnings("EqualsHashCode")
    record Opened(long session) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Opened;
        }

        @Override
        public int hashCode() {
            return 0;
        }
    }

    /** What a key holds, and what those answered that were executed on it in sessions. */
    private record Content(String value, Map<String, Object> answers) {}

    /** A client's session, and its commands that may come again: the ones from its first that is not acknowledged. */
    private static final class Session {
        private final long id;
        private final List<Call> calls = new ArrayList<>();
        private long next = 1;
        private long acked = 1;

        Session(long id) {
            this.id = id;
        }
    }

    private static final Limits LIMITS = new Limits(1024, 1 << 16);
    private static final int HOT_KEYS = 4;
    private static final long KEY_LIFE_MS = 8_000;
    private static final AtomicLong ALL_REPETITIONS = new AtomicLong();

    private final Map<String, DataCommand> commands = new HashMap<>();
    private final TreeSet<String> used = new TreeSet<>();
    private final Map<Integer, Session> sessions = new HashMap<>();

    ShardWorkload() {
        DataCommands.all().forEach(command -> commands.put(command.spec().name(), command));
    }

    @Override
    public ShardMachine machine() {
        return new ShardMachine();
    }

    /** How many commands were sent again in sessions, over all runs. */
    static long repetitions() {
        return ALL_REPETITIONS.get();
    }

    @Override
    public Call next(Client client) {
        Session session = sessions.get(client.id());
        if (client.lastResult() instanceof Opened opened && (session == null || session.id != opened.session())) {
            session = new Session(opened.session());
            sessions.put(client.id(), session);
        }
        int kind = client.random().nextInt(10);
        if (kind < 4 || session == null && kind < 9) {
            return plain(client);
        } else if (session == null || kind == 4 && client.random().nextInt(20) == 0) {
            return Call.OPEN;
        }
        return once(client, session);
    }

    private Call once(Client client, Session session) {
        List<Call> open = session.calls;
        if (!open.isEmpty() && client.random().nextInt(3) == 0) {
            ALL_REPETITIONS.incrementAndGet();
            return open.get(client.random().nextInt(open.size()));
        }
        Call call = plain(client);
        if (!command(call.name()).isWrite()) {
            return call;
        }
        // The client forgets, and acknowledges, what is long ago, whatever became of it.
        if (open.size() >= 3) {
            open.subList(0, 1 + client.random().nextInt(open.size())).clear();
            session.acked = open.isEmpty() ? session.next : open.get(0).number().sequence();
        }
        Call numbered = call.in(new Number(session.id, session.next++, session.acked));
        open.add(numbered);
        return numbered;
    }

    private Call plain(Client client) {
        String key = "k" + client.random().nextInt(HOT_KEYS) + "t" + client.elapsedMs() / KEY_LIFE_MS;
        used.add(key);
        String value = client.id() + "." + client.nextNumber() + ";";
        return switch (client.random().nextInt(12)) {
            case 0, 1, 2, 3 -> new Call("get", key);
            case 4 -> new Call("set", key, value);
            case 5 -> new Call("set", key, value, "NX", "GET");
            case 6 -> new Call("set", key, value, "XX");
            case 7, 8 -> new Call("append", key, value);
            case 9 -> new Call("getdel", key);
            case 10 -> new Call("del", key);
            // On keys of its own, as the others hold no numbers.
            default ->
                new Call(
                        "incrby",
                        counter(key),
                        String.valueOf(1 + client.random().nextInt(9)));
        };
    }

    private String counter(String key) {
        used.add("n" + key);
        return "n" + key;
    }

    private DataCommand command(String name) {
        return commands.get(name);
    }

    @Override
    public Bytes command(Call call) {
        if (call == Call.OPEN) {
            return SessionCommand.register("", SessionLimits.DEFAULT);
        }
        DataCommand command = command(call.name());
        Number number = call.number();
        try {
            return !command.isWrite()
                    ? null
                    : number == null
                            ? command.encode(call.bytes(), LIMITS)
                            : command.encodeOnce(
                                    call.bytes(), LIMITS, number.session(), number.sequence(), number.ackedBelow());
        } catch (CommandException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Object query(ShardMachine machine, Call call) {
        DataCommand command = command(call.name());
        try {
            return command.read(machine.engine(), command.keys(call.bytes(), LIMITS), call.bytes());
        } catch (CommandException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Object result(Object applied) {
        if (!(applied instanceof SessionReply reply)) {
            return applied;
        }
        return switch (reply.status()) {
            case REGISTERED -> new Opened(reply.session());
            case EXECUTED, REPEATED -> reply.result();
            default -> reply.status();
        };
    }

    /** Of the contents, as the order in a snapshot is that of the table. */
    @Override
    public long hash(ShardMachine machine) {
        long hash = machine.engine().size()
                + 31L * machine.sessions().sessions()
                + 1009 * machine.sessions().resultBytes();
        for (String key : used) {
            byte[] value = machine.engine().get(Key.of(key.getBytes(StandardCharsets.UTF_8)));
            if (value != null) {
                hash += (key.hashCode() * 0x9E3779B97F4A7C15L ^ Arrays.hashCode(value)) * 0xBF58476D1CE4E5B9L;
            }
        }
        return hash;
    }

    @Override
    public int hashEvery() {
        return 4;
    }

    @Override
    public Model<Call> model() {
        return this;
    }

    @Override
    public String key(Call call) {
        return call == Call.OPEN ? "" : call.args().get(0);
    }

    @Override
    public Step step(Object state, Call call) {
        if (call == Call.OPEN) {
            return new Step(state, new Opened(0));
        }
        Content content = state == null ? new Content(null, Map.of()) : (Content) state;
        Number number = call.number();
        String place = number == null ? null : number.session() + "." + number.sequence();
        if (place != null && content.answers().containsKey(place)) {
            return new Step(content, content.answers().get(place));
        }
        Step step = redis(content.value(), call);
        Map<String, Object> answers = content.answers();
        if (place != null) {
            answers = new HashMap<>(answers);
            answers.put(place, step.result());
        }
        return new Step(new Content((String) step.state(), answers), step.result());
    }

    /** What Redis would do, in words of its own. */
    private static Step redis(String old, Call call) {
        RespValue oldReply = old == null ? RespValue.nil() : RespValue.bulk(old);
        return switch (call.name()) {
            case "get" -> new Step(old, oldReply);
            case "getdel" -> new Step(null, oldReply);
            case "del" -> new Step(null, RespValue.integer(old == null ? 0 : 1));
            case "append" -> {
                String joined = (old == null ? "" : old) + call.args().get(1);
                yield new Step(joined, RespValue.integer(joined.length()));
            }
            case "incrby" -> {
                long sum = (old == null ? 0 : Long.parseLong(old))
                        + Long.parseLong(call.args().get(1));
                yield new Step(String.valueOf(sum), RespValue.integer(sum));
            }
            case "set" -> set(old, oldReply, call.args());
            default -> throw new IllegalStateException(call.toString());
        };
    }

    private static Step set(String old, RespValue oldReply, List<String> args) {
        String value = args.get(1);
        if (args.contains("NX")) {
            return new Step(old == null ? value : old, oldReply);
        }
        if (args.contains("XX")) {
            return old == null ? new Step(null, RespValue.nil()) : new Step(value, RespValue.ok());
        }
        return new Step(value, RespValue.ok());
    }
}
