package io.raftkv.kvserver.service;

import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.CommandException;
import io.raftkv.kvserver.command.DataCommand;
import io.raftkv.kvserver.command.DataCommands;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.shard.ClientOrder;
import io.raftkv.kvserver.shard.Request;
import io.raftkv.kvserver.shard.SessionToken;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.session.SessionCommand;
import io.raftkv.raft.session.SessionLimits;
import io.raftkv.resp.CommandSpec;
import io.raftkv.resp.CommandTable;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * RKV.SESSION and RKV.ONCE: writes that are executed once, however often they are sent (Raft §6.3). A session belongs to one
 * shard, so both are routed by a key, as every command on data.
 */
final class SessionCommands {
    private static final CommandSpec SESSION = new CommandSpec(
            "rkv.session",
            -3,
            Set.of("write", "fast"),
            2,
            2,
            1,
            "Opens or closes a session with the shard of a key.",
            "raftkv",
            "1.0.0");
    /** All writes have their first key behind their name. Those of MSET are of one hash slot, so the first one tells the way. */
    private static final CommandSpec ONCE = new CommandSpec(
            "rkv.once",
            -6,
            Set.of("write", "denyoom"),
            5,
            5,
            1,
            "Executes a write once, however often it is sent.",
            "raftkv",
            "1.0.0");

    private static final int COMMAND_AT = 4;
    private static final int MOST_DIGITS = 19;
    private static final int SHOWN_BYTES = 64;

    private final CommandTable rows;
    private final ShardTable table;
    private final Limits limits;
    private final Map<String, DataCommand> commands = new HashMap<>();

    private SessionCommands(CommandTable rows, ShardTable table, Limits limits) {
        this.rows = rows;
        this.table = table;
        this.limits = limits;
        DataCommands.all().forEach(command -> commands.put(command.spec().name(), command));
    }

    static void register(CommandTable rows, ShardTable table, Limits limits) {
        SessionCommands sessions = new SessionCommands(rows, table, limits);
        rows.register(SESSION, sessions::session);
        rows.register(ONCE, sessions::once);
    }

    private void session(RespConnection connection, byte[][] args, Reply reply) {
        try {
            Key key = Key.of(args[2]);
            submit(connection, reply, new Key[] {key}, sessionCommand(connection, args, key));
        } catch (CommandException e) {
            reply.send(e.reply());
        }
    }

    private Bytes sessionCommand(RespConnection connection, byte[][] args, Key key) throws CommandException {
        String subcommand = text(args[1]).toUpperCase(Locale.ROOT);
        if (subcommand.equals("OPEN") && args.length == 3) {
            // The label is for people who look into a log.
            return SessionCommand.register(String.valueOf(connection.remoteAddress()), SessionLimits.DEFAULT);
        } else if (subcommand.equals("CLOSE") && args.length == 4) {
            return SessionCommand.close(sessionOf(args[3], key));
        }
        throw new CommandException("ERR use RKV.SESSION OPEN key, or RKV.SESSION CLOSE key session");
    }

    private void once(RespConnection connection, byte[][] args, Reply reply) {
        try {
            byte[][] inner = Arrays.copyOfRange(args, COMMAND_AT, args.length);
            DataCommand command = writeOf(inner);
            Key[] keys = command.keys(inner, limits);
            long sequence = numberOf(args[2]);
            long ackedBelow = numberOf(args[3]);
            if (!SessionCommand.areNumbers(sequence, ackedBelow)) {
                throw new CommandException("ERR sequence '" + text(args[2]) + "', ackedBelow '" + text(args[3])
                        + "': need 1 <= ackedBelow <= sequence <= 2^62");
            }
            long session = sessionOf(args[1], keys[0]);
            submit(connection, reply, keys, command.encodeOnce(inner, limits, session, sequence, ackedBelow));
        } catch (CommandException e) {
            reply.send(e.reply());
        }
    }

    private void submit(RespConnection connection, Reply reply, Key[] keys, Bytes command) {
        ClientOrder order = ServerCommands.orderOf(connection);
        order.submit(Request.write(order, reply, table, keys, command));
    }

    private DataCommand writeOf(byte[][] args) throws CommandException {
        String name = text(args[0]).toLowerCase(Locale.ROOT);
        DataCommand command = commands.get(name);
        if (rows.find(args[0]) == null) {
            throw new CommandException(CommandTable.unknown(args));
        }
        if (command == null || !command.isWrite()) {
            throw new CommandException("ERR RKV.ONCE takes writes of keys; '" + name
                    + "' is none, send it as it is: to read twice does no harm");
        }
        if (!command.spec().accepts(args.length)) {
            throw new CommandException(CommandTable.wrongArity(name));
        }
        return command;
    }

    /** The number, or -1 if it is none or negative. */
    private static long numberOf(byte[] text) {
        long number = 0;
        for (byte c : text) {
            if (c < '0' || c > '9' || text.length > MOST_DIGITS) {
                return -1;
            }
            number = number * 10 + (c - '0');
        }
        return text.length == 0 ? -1 : number;
    }

    /** The number of a session in the group that has the key; 0, which no session has, if that group is not the one any more. */
    private long sessionOf(byte[] text, Key key) throws CommandException {
        SessionToken token = SessionToken.parse(text);
        if (token == null) {
            throw new CommandException("ERR '" + text(text) + "' is no session; RKV.SESSION OPEN key opens one");
        }
        ShardGroup group = table.groupOf(key.hashSlot());
        if (group == null || group.group().id() == token.group()) {
            return token.session(); // If the shard is elsewhere, so is the look at the group.
        }
        if (token.shard() != group.shard()) {
            throw new CommandException("ERR session " + text(text) + " is of shard " + token.shard()
                    + ", the key is in shard " + group.shard() + "; a session belongs to one shard");
        }
        return 0;
    }

    private static String text(byte[] arg) {
        return new String(arg, 0, Math.min(arg.length, SHOWN_BYTES), StandardCharsets.UTF_8);
    }
}
