package io.raftkv.kvserver.command;

import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.resp.RespValue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the reading commands answer. */
final class Reads {
    private static final RespValue STRING = RespValue.simple("string");
    private static final RespValue NONE = RespValue.simple("none");
    private static final RespValue EMPTY = RespValue.bulk(new byte[0]);

    private Reads() {}

    static RespValue get(MemoryEngine engine, Key[] keys, byte[][] args) {
        return bulkOrNil(engine.get(keys[0]));
    }

    static RespValue mget(MemoryEngine engine, Key[] keys, byte[][] args) {
        RespValue[] values = new RespValue[keys.length];
        for (int i = 0; i < keys.length; i++) {
            values[i] = bulkOrNil(engine.get(keys[i]));
        }
        return RespValue.array(values);
    }

    static RespValue strlen(MemoryEngine engine, Key[] keys, byte[][] args) {
        return RespValue.integer(Math.max(0, engine.length(keys[0])));
    }

    static RespValue exists(MemoryEngine engine, Key[] keys, byte[][] args) {
        int count = 0;
        for (Key key : keys) {
            if (engine.contains(key)) {
                count++;
            }
        }
        return RespValue.integer(count);
    }

    static RespValue type(MemoryEngine engine, Key[] keys, byte[][] args) {
        return engine.contains(keys[0]) ? STRING : NONE;
    }

    /** Both ends belong to the range; negative ones count from the end of the string. */
    static RespValue getrange(MemoryEngine engine, Key[] keys, byte[][] args) throws CommandException {
        long start = Decimal.parse(args[2]);
        long end = Decimal.parse(args[3]);
        byte[] value = engine.get(keys[0]);
        if (value == null || start < 0 && end < 0 && start > end) {
            return EMPTY;
        }
        long from = Math.max(0, start < 0 ? value.length + start : start);
        long to = Math.min(value.length - 1L, Math.max(0, end < 0 ? value.length + end : end));
        return from > to ? EMPTY : RespValue.bulk(Arrays.copyOfRange(value, (int) from, (int) to + 1));
    }

    /** A value as an answer. */
    static RespValue bulkOrNil(byte @Nullable [] value) {
        return value == null ? RespValue.nil() : RespValue.bulk(value);
    }
}
