package io.raftkv.kvserver.shard;

import io.raftkv.kvserver.command.CommandException;
import io.raftkv.kvserver.command.DataCommand;
import io.raftkv.kvserver.command.DataCommands;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.engine.Key;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.sim.Client;
import io.raftkv.raft.sim.Model;
import io.raftkv.raft.sim.Workload;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Redis commands on a few hot keys, through the encoders, the state machine and the readers of a server. */
final class ShardWorkload implements Workload<ShardMachine, ShardWorkload.Call>, Model<ShardWorkload.Call> {
    /** A command in the words of its client. */
    record Call(String name, List<String> args) {
        Call(String name, String... args) {
            this(name, List.of(args));
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

    private static final Limits LIMITS = new Limits(1024, 1 << 16);
    private static final int HOT_KEYS = 4;
    private static final long KEY_LIFE_MS = 8_000;

    private final Map<String, DataCommand> commands = new HashMap<>();
    private final TreeSet<String> used = new TreeSet<>();

    ShardWorkload() {
        DataCommands.all().forEach(command -> commands.put(command.spec().name(), command));
    }

    @Override
    public ShardMachine machine() {
        return new ShardMachine();
    }

    @Override
    public Call next(Client client) {
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
        DataCommand command = command(call.name());
        try {
            return command.isWrite() ? command.encode(call.bytes(), LIMITS) : null;
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

    /** Of the contents, as the order in a snapshot is that of the table. */
    @Override
    public long hash(ShardMachine machine) {
        long hash = machine.engine().size();
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
        return call.args().get(0);
    }

    /** What Redis would do, in words of its own. */
    @Override
    public Step step(Object state, Call call) {
        String old = (String) state;
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
