package io.raftkv.kvserver.command;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Checks the arguments of writing commands and encodes them. */
final class Writes {
    private Writes() {}

    static WriteEncoder set(byte[][] args, Limits limits) throws CommandException {
        limits.checkValue(args[2].length);
        int condition = 0;
        for (int i = 3; i < args.length; i++) {
            condition |= option(args[i]);
        }
        int both = Opcode.IF_ABSENT | Opcode.IF_PRESENT;
        if ((condition & both) == both) {
            throw new CommandException(Errors.SYNTAX);
        }
        return WriteEncoder.set(condition, args[1], args[2]);
    }

    private static int option(byte[] arg) throws CommandException {
        String option = new String(arg, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
        return switch (option) {
            case "NX" -> Opcode.IF_ABSENT;
            case "XX" -> Opcode.IF_PRESENT;
            case "GET" -> Opcode.RETURN_OLD;
            case "EX", "PX", "EXAT", "PXAT", "KEEPTTL" ->
                throw new CommandException(
                        "ERR SET option " + option + " is refused: keys do not expire in this release");
            default -> throw new CommandException(Errors.SYNTAX);
        };
    }

    static WriteEncoder setnx(byte[][] args, Limits limits) throws CommandException {
        limits.checkValue(args[2].length);
        return WriteEncoder.setnx(args[1], args[2]);
    }

    static WriteEncoder getset(byte[][] args, Limits limits) throws CommandException {
        limits.checkValue(args[2].length);
        return WriteEncoder.set(Opcode.RETURN_OLD, args[1], args[2]);
    }

    static WriteEncoder getdel(byte[][] args, Limits limits) {
        return WriteEncoder.getdel(args[1]);
    }

    static WriteEncoder append(byte[][] args, Limits limits) throws CommandException {
        limits.checkValue(args[2].length);
        return WriteEncoder.append(limits.maxValueBytes(), args[1], args[2]);
    }

    static WriteEncoder setrange(byte[][] args, Limits limits) throws CommandException {
        long offset = Decimal.parse(args[2]);
        if (offset < 0) {
            throw new CommandException(Errors.OFFSET);
        }
        // Nothing is written without bytes, wherever they would go.
        boolean nothing = args[3].length == 0;
        limits.checkValue(nothing ? 0 : offset > Integer.MAX_VALUE ? offset : offset + args[3].length);
        return WriteEncoder.setrange(nothing ? 0 : (int) offset, args[1], args[3]);
    }

    static WriteEncoder incr(byte[][] args, Limits limits) {
        return WriteEncoder.incrby(1, args[1]);
    }

    static WriteEncoder decr(byte[][] args, Limits limits) {
        return WriteEncoder.incrby(-1, args[1]);
    }

    static WriteEncoder incrby(byte[][] args, Limits limits) throws CommandException {
        return WriteEncoder.incrby(Decimal.parse(args[2]), args[1]);
    }

    static WriteEncoder decrby(byte[][] args, Limits limits) throws CommandException {
        long by = Decimal.parse(args[2]);
        if (by == Long.MIN_VALUE) {
            throw new CommandException(Errors.DECREMENT_OVERFLOW);
        }
        return WriteEncoder.incrby(-by, args[1]);
    }

    static WriteEncoder mset(byte[][] args, Limits limits) throws CommandException {
        return pairs(Opcode.MSET, "mset", args, limits);
    }

    static WriteEncoder msetnx(byte[][] args, Limits limits) throws CommandException {
        return pairs(Opcode.MSETNX, "msetnx", args, limits);
    }

    private static WriteEncoder pairs(int opcode, String name, byte[][] args, Limits limits) throws CommandException {
        if (args.length % 2 == 0) {
            throw new CommandException(Errors.wrongArguments(name));
        }
        for (int i = 2; i < args.length; i += 2) {
            limits.checkValue(args[i].length);
        }
        return WriteEncoder.list(opcode, args, 2);
    }

    static WriteEncoder del(byte[][] args, Limits limits) {
        return WriteEncoder.list(Opcode.DEL, args, 1);
    }
}
