package io.raftkv.kvserver.command;

import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.util.Arrays;

/**
 * Applies encoded writes to an engine. The same bytes on the same state give the same state and the same answer on every
 * replica, so nothing here may depend on settings, clocks or chance; what does was put into the bytes by the encoder.
 */
public final class WriteApplier {
    private static final RespValue ZERO = RespValue.integer(0);
    private static final RespValue ONE = RespValue.integer(1);
    private static final byte[] NOTHING = {};

    private WriteApplier() {}

    /**
     * Applies one write and returns its answer.
     *
     * @throws IllegalStateException if the bytes are not a write of a known version
     */
    public static RespValue apply(Bytes command, MemoryEngine engine) {
        WriteReader in = new WriteReader(command);
        int opcode = in.u8();
        RespValue answer =
                switch (opcode) {
                    case Opcode.SET -> set(in, engine);
                    case Opcode.SETNX -> setnx(in, engine);
                    case Opcode.DEL -> del(in, engine);
                    case Opcode.GETDEL -> getdel(in, engine);
                    case Opcode.APPEND -> append(in, engine);
                    case Opcode.SETRANGE -> setrange(in, engine);
                    case Opcode.INCRBY -> incrby(in, engine);
                    case Opcode.MSET -> mset(in, engine, false);
                    case Opcode.MSETNX -> mset(in, engine, true);
                    default ->
                        throw new IllegalStateException(
                                "write " + opcode + " was made by a newer release; upgrade this one");
                };
        in.end();
        return answer;
    }

    private static RespValue set(WriteReader in, MemoryEngine engine) {
        int condition = in.u8();
        Key key = Key.of(in.array());
        byte[] value = in.array();
        if (condition == 0) {
            engine.put(key, value);
            return RespValue.ok();
        }
        boolean returnsOld = (condition & Opcode.RETURN_OLD) != 0;
        byte[] old = returnsOld ? engine.get(key) : null;
        boolean refused = (condition & (engine.contains(key) ? Opcode.IF_ABSENT : Opcode.IF_PRESENT)) != 0;
        if (!refused) {
            engine.put(key, value);
        }
        if (returnsOld) {
            return Reads.bulkOrNil(old);
        }
        return refused ? RespValue.nil() : RespValue.ok();
    }

    private static RespValue setnx(WriteReader in, MemoryEngine engine) {
        Key key = Key.of(in.array());
        byte[] value = in.array();
        if (engine.contains(key)) {
            return ZERO;
        }
        engine.put(key, value);
        return ONE;
    }

    private static RespValue del(WriteReader in, MemoryEngine engine) {
        int count = in.length();
        int removed = 0;
        for (int i = 0; i < count; i++) {
            if (engine.remove(Key.of(in.array()))) {
                removed++;
            }
        }
        return integer(removed);
    }

    private static RespValue getdel(WriteReader in, MemoryEngine engine) {
        Key key = Key.of(in.array());
        byte[] old = engine.get(key);
        engine.remove(key);
        return Reads.bulkOrNil(old);
    }

    private static RespValue append(WriteReader in, MemoryEngine engine) {
        long longest = in.varint();
        Key key = Key.of(in.array());
        byte[] tail = in.array();
        byte[] old = engine.get(key);
        if (old == null) {
            engine.put(key, tail);
            return integer(tail.length);
        }
        if ((long) old.length + tail.length > longest) {
            return Errors.TOO_LONG_REPLY;
        }
        byte[] joined = Arrays.copyOf(old, old.length + tail.length);
        System.arraycopy(tail, 0, joined, old.length, tail.length);
        engine.put(key, joined);
        return integer(joined.length);
    }

    private static RespValue setrange(WriteReader in, MemoryEngine engine) {
        int offset = (int) in.varint();
        Key key = Key.of(in.array());
        byte[] part = in.array();
        byte[] old = engine.get(key);
        byte[] base = old == null ? NOTHING : old;
        if (part.length == 0) {
            return integer(base.length);
        }
        byte[] changed = Arrays.copyOf(base, Math.max(base.length, offset + part.length));
        System.arraycopy(part, 0, changed, offset, part.length);
        engine.put(key, changed);
        return integer(changed.length);
    }

    private static RespValue incrby(WriteReader in, MemoryEngine engine) {
        long difference = in.zigzag();
        Key key = Key.of(in.array());
        byte[] old = engine.get(key);
        if (old != null && !Decimal.isInteger(old)) {
            return Errors.NOT_AN_INTEGER_REPLY;
        }
        long before = old == null ? 0 : Decimal.valueOf(old);
        long after = before + difference;
        if (((before ^ after) & (difference ^ after)) < 0) {
            return Errors.OVERFLOW_REPLY;
        }
        engine.put(key, Decimal.bytesOf(after));
        return integer(after);
    }

    private static RespValue mset(WriteReader in, MemoryEngine engine, boolean onlyIfAllAbsent) {
        int count = in.length();
        Key[] keys = new Key[count];
        byte[][] values = new byte[count][];
        boolean anyPresent = false;
        for (int i = 0; i < count; i++) {
            keys[i] = Key.of(in.array());
            values[i] = in.array();
            anyPresent |= onlyIfAllAbsent && engine.contains(keys[i]);
        }
        if (anyPresent) {
            return ZERO;
        }
        for (int i = 0; i < count; i++) {
            engine.put(keys[i], values[i]);
        }
        return onlyIfAllAbsent ? ONE : RespValue.ok();
    }

    private static RespValue integer(long value) {
        return value == 0 ? ZERO : value == 1 ? ONE : RespValue.integer(value);
    }
}
