package io.raftkv.resp;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value of the protocol, decoded or to be encoded. What RESP2 lacks is written to a RESP2 peer as Redis does it: a
 * map as a flat array, a set as an array, a boolean as 0 or 1, a double, a verbatim text and a big number as bulks.
 *
 * <p>Threads: immutable, if nobody writes to the array that was handed to a {@link Bulk}.
 */
public sealed interface RespValue {
    /** A short text without line breaks, such as {@code OK}; the encoder turns line breaks into blanks. */
    record Simple(String text) implements RespValue {}

    /** A refusal. The first word of the message is its code, such as {@code ERR} or {@code MOVED}. */
    @SuppressWarnings("JavaLangClash") // The protocol's own word; it is always read as RespValue.Error.
    record Error(String message) implements RespValue {
        /** The first word of the message. */
        public String code() {
            int blank = message.indexOf(' ');
            return blank < 0 ? message : message.substring(0, blank);
        }
    }

    /** A 64-bit integer. */
    record Int(long value) implements RespValue {}

    /** Bytes. The array's ownership passes to this value; equality is by content. */
    @SuppressWarnings("ArrayRecordComponent") // Values on the hot path are not copied; equals is written out below.
    record Bulk(byte[] bytes) implements RespValue {
        @Override
        public boolean equals(Object other) {
            return other instanceof Bulk that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return bytes.length <= 256 ? "Bulk[" + asText() + "]" : "Bulk[" + bytes.length + " bytes]";
        }
    }

    /** Absence; RESP2's null bulk and null array are both read as this. */
    record Null() implements RespValue {}

    /** A sequence. */
    record Array(List<RespValue> items) implements RespValue {
        public Array {
            items = List.copyOf(items);
        }
    }

    /** A map as a flat list: key, value, key, value, in the sender's order. */
    record MapValue(List<RespValue> keysAndValues) implements RespValue {
        public MapValue {
            keysAndValues = List.copyOf(keysAndValues);
            if (keysAndValues.size() % 2 != 0) {
                throw new IllegalArgumentException("a map needs pairs, not " + keysAndValues.size() + " values");
            }
        }
    }

    /** A message out of order, RESP3 only; the first item names its kind. */
    record Push(List<RespValue> items) implements RespValue {
        public Push {
            items = List.copyOf(items);
        }
    }

    /** A double. */
    record DoubleValue(double value) implements RespValue {}

    /** A boolean. */
    record Bool(boolean value) implements RespValue {}

    /** A text with its format, three characters such as {@code txt} or {@code mkd}. */
    record Verbatim(String format, String text) implements RespValue {
        public Verbatim {
            if (format.length() != 3) {
                throw new IllegalArgumentException("a verbatim format has 3 characters, not '" + format + "'");
            }
        }
    }

    /** A set; the order is the sender's. */
    record SetValue(List<RespValue> items) implements RespValue {
        public SetValue {
            items = List.copyOf(items);
        }
    }

    /** An integer of any size. */
    record BigNumber(BigInteger value) implements RespValue {}

    /** The value {@code +OK}. */
    static RespValue ok() {
        return RespConstants.OK;
    }

    /** A {@link Simple}. */
    static RespValue simple(String text) {
        return new Simple(text);
    }

    /** An {@link Error}; {@code message} begins with the code. */
    static RespValue error(String message) {
        return new Error(message);
    }

    /** An {@link Int}. */
    static RespValue integer(long value) {
        return new Int(value);
    }

    /** A {@link Bulk} that owns {@code bytes}. */
    static RespValue bulk(byte[] bytes) {
        return new Bulk(bytes);
    }

    /** A {@link Bulk} of the text's UTF-8 bytes. */
    static RespValue bulk(String text) {
        return new Bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The {@link Null}. */
    static RespValue nil() {
        return RespConstants.NIL;
    }

    /** An {@link Array}. */
    static RespValue array(RespValue... items) {
        return new Array(List.of(items));
    }

    /** An {@link Array}. */
    static RespValue array(List<RespValue> items) {
        return new Array(items);
    }

    /** A {@link MapValue} of alternating keys and values. */
    static RespValue map(RespValue... keysAndValues) {
        return new MapValue(List.of(keysAndValues));
    }

    /** A {@link Push}; {@code kind} becomes its first item. */
    static Push push(String kind, RespValue... rest) {
        RespValue[] items = new RespValue[rest.length + 1];
        items[0] = bulk(kind);
        System.arraycopy(rest, 0, items, 1, rest.length);
        return new Push(List.of(items));
    }

    /** A {@link Push} of these items. */
    static Push push(List<RespValue> items) {
        return new Push(items);
    }

    /**
     * The text of a Simple, Bulk (as UTF-8), Verbatim, or of a number.
     *
     * @throws RespTypeException if this is anything else; for an error, its text is the message
     */
    default String asText() {
        if (this instanceof Bulk v) {
            return new String(v.bytes(), StandardCharsets.UTF_8);
        } else if (this instanceof Simple v) {
            return v.text();
        } else if (this instanceof Int v) {
            return Long.toString(v.value());
        } else if (this instanceof Verbatim v) {
            return v.text();
        } else if (this instanceof DoubleValue v) {
            return Double.toString(v.value());
        } else if (this instanceof BigNumber v) {
            return v.value().toString();
        }
        throw new RespTypeException("a text", this);
    }

    /**
     * The value of an Int, of a Bool (1 or 0), or of a text that is a decimal integer.
     *
     * @throws RespTypeException if this is anything else
     */
    default long asLong() {
        if (this instanceof Int v) {
            return v.value();
        } else if (this instanceof Bool v) {
            return v.value() ? 1 : 0;
        } else if (this instanceof Bulk || this instanceof Simple) {
            try {
                return Long.parseLong(asText());
            } catch (NumberFormatException e) {
                throw new RespTypeException("an integer", this);
            }
        }
        throw new RespTypeException("an integer", this);
    }

    /**
     * The items of an Array, Push or Set; of a map, its keys and values in turn.
     *
     * @throws RespTypeException if this is anything else
     */
    default List<RespValue> asList() {
        if (this instanceof Array v) {
            return v.items();
        } else if (this instanceof Push v) {
            return v.items();
        } else if (this instanceof SetValue v) {
            return v.items();
        } else if (this instanceof MapValue v) {
            return v.keysAndValues();
        }
        throw new RespTypeException("a list", this);
    }

    /**
     * The entries of a map, or of a flat array as RESP2 sends a map; keys are texts, the order is kept, and of equal
     * keys the last one counts.
     *
     * @throws RespTypeException if this is no list of pairs
     */
    default Map<String, RespValue> asMap() {
        List<RespValue> flat = asList();
        if (flat.size() % 2 != 0) {
            throw new RespTypeException("a map", this);
        }
        Map<String, RespValue> map = new LinkedHashMap<>();
        for (int i = 0; i < flat.size(); i += 2) {
            map.put(flat.get(i).asText(), flat.get(i + 1));
        }
        return map;
    }

    /** Whether this is the {@link Null}. */
    default boolean isNull() {
        return this instanceof Null;
    }

    /** Whether this is an {@link Error}. */
    default boolean isError() {
        return this instanceof Error;
    }

    /**
     * The message of an {@link Error}.
     *
     * @throws RespTypeException if this is anything else
     */
    default String errorMessage() {
        if (this instanceof Error v) {
            return v.message();
        }
        throw new RespTypeException("an error", this);
    }
}
