package io.raftkv.kvserver.command;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;

/**
 * How sessions keep what {@link WriteApplier} answers: the first byte of RESP, then the text or the bytes up to the end.
 *
 * <p>Threads: any.
 */
public final class AnswerCodec implements ResultCodec {
    /** It has no state. */
    public static final ResultCodec INSTANCE = new AnswerCodec();

    private static final Bytes OK = Bytes.utf8("+OK");
    private static final Bytes NIL = Bytes.utf8("_");

    private AnswerCodec() {}

    @Override
    public Bytes encode(Object answer) {
        if (answer instanceof RespValue.Simple simple) {
            return answer.equals(RespValue.ok()) ? OK : Bytes.utf8("+" + simple.text());
        } else if (answer instanceof RespValue.Int number) {
            return Bytes.utf8(":" + number.value());
        } else if (answer instanceof RespValue.Null) {
            return NIL;
        } else if (answer instanceof RespValue.Error error) {
            return Bytes.utf8("-" + error.message());
        } else if (answer instanceof RespValue.Bulk bulk) {
            byte[] array = new byte[1 + bulk.bytes().length];
            array[0] = '$';
            System.arraycopy(bulk.bytes(), 0, array, 1, bulk.bytes().length);
            return Bytes.wrap(array);
        }
        throw new IllegalStateException("no write answers " + answer);
    }

    @Override
    public Object decode(Bytes encoded) {
        byte[] rest = encoded.slice(1, encoded.length()).toArray();
        return switch (encoded.byteAt(0)) {
            case '+' -> RespValue.simple(text(rest));
            case ':' -> RespValue.integer(Decimal.valueOf(rest));
            case '_' -> RespValue.nil();
            case '-' -> RespValue.error(text(rest));
            case '$' -> RespValue.bulk(rest);
            default ->
                throw new IllegalStateException(
                        "an answer of type " + encoded.byteAt(0) + " was kept by a newer release; upgrade this one");
        };
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
