package io.raftkv.coordinator.wire;

import io.raftkv.resp.RespValue;

/**
 * Writes the replies that the coordinator gives. RESP itself is not used here, because a RESP2 encoding forgets what was
 * a map, and because replies lie in snapshots, which must outlive any change to the client protocol.
 *
 * <p>Threads: stateless, any thread.
 */
public final class ValueCodec {
    private static final int SIMPLE = 0;
    private static final int ERROR = 1;
    private static final int INTEGER = 2;
    private static final int BULK = 3;
    private static final int NULL = 4;
    private static final int ARRAY = 5;
    private static final int MAP = 6;

    private ValueCodec() {}

    public static void write(WireWriter out, RespValue value) {
        if (value instanceof RespValue.Simple simple) {
            out.u8(SIMPLE).text(simple.text());
        } else if (value instanceof RespValue.Error error) {
            out.u8(ERROR).text(error.message());
        } else if (value instanceof RespValue.Int integer) {
            out.u8(INTEGER).i64(integer.value());
        } else if (value instanceof RespValue.Bulk bulk) {
            out.u8(BULK).bytes(bulk.bytes());
        } else if (value instanceof RespValue.Null) {
            out.u8(NULL);
        } else if (value instanceof RespValue.Array array) {
            out.u8(ARRAY).list(array.items(), ValueCodec::write);
        } else if (value instanceof RespValue.MapValue map) {
            out.u8(MAP).list(map.keysAndValues(), ValueCodec::write);
        } else {
            throw new IllegalArgumentException("the coordinator gives no reply such as " + value);
        }
    }

    public static RespValue read(WireReader in) {
        int kind = in.u8();
        return switch (kind) {
            case SIMPLE -> RespValue.simple(in.text());
            case ERROR -> RespValue.error(in.text());
            case INTEGER -> RespValue.integer(in.i64());
            case BULK -> RespValue.bulk(in.array());
            case NULL -> RespValue.nil();
            case ARRAY -> RespValue.array(in.list(ValueCodec::read));
            case MAP -> new RespValue.MapValue(in.list(ValueCodec::read));
            default -> throw new WireException("no reply is of kind " + kind);
        };
    }
}
