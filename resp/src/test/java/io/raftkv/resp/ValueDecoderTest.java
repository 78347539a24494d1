package io.raftkv.resp;

import static io.raftkv.resp.RespValue.array;
import static io.raftkv.resp.RespValue.bulk;
import static io.raftkv.resp.RespValue.integer;
import static io.raftkv.resp.RespValue.nil;
import static io.raftkv.resp.RespValue.simple;
import static io.raftkv.resp.TestBytes.bytes;
import static io.raftkv.resp.TestBytes.cuts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueDecoderTest {
    private static final RespLimits SMALL = new RespLimits(100, 10, 40);

    static List<RespValue> decode(List<byte[]> pieces, RespLimits limits) {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        ValueDecoder decoder = new ValueDecoder(limits);
        PendingInput input = new PendingInput();
        List<RespValue> values = new ArrayList<>();
        try {
            for (byte[] piece : pieces) {
                var in = input.add(allocator.buffer(piece.length).writeBytes(piece), allocator);
                for (RespValue value; (value = decoder.next(in)) != null; ) {
                    values.add(value);
                }
                input.trim(allocator);
            }
        } finally {
            input.release();
        }
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        return values;
    }

    @Test
    void readsAllTypesCutAtEveryByte() {
        String wire = "+OK^-ERR no^:-42^$3^a^^$0^^$-1^*-1^_^*0^*3^:1^*2^$1^x^*1^_^+s^%2^+a^:1^+b^%0^~2^:1^:2^"
                .concat(">2^$5^event^:7^,1.5^,inf^,-inf^#t^#f^=6^txt:hi^(12345678901234567890^!5^ERR x^")
                .concat("|1^+ttl^:3^*2^|1^+k^*1^:0^:1^:2^:9223372036854775807^")
                .replace("^", "\r\n");
        for (List<byte[]> cut : cuts(bytes(wire))) {
            assertThat(decode(cut, SMALL))
                    .containsExactly(
                            simple("OK"),
                            RespValue.error("ERR no"),
                            integer(-42),
                            bulk("a\r\n"),
                            bulk(""),
                            nil(),
                            nil(),
                            nil(),
                            array(),
                            array(integer(1), array(bulk("x"), array(nil())), simple("s")),
                            RespValue.map(simple("a"), integer(1), simple("b"), RespValue.map()),
                            new RespValue.SetValue(List.of(integer(1), integer(2))),
                            RespValue.push("event", integer(7)),
                            new RespValue.DoubleValue(1.5),
                            new RespValue.DoubleValue(Double.POSITIVE_INFINITY),
                            new RespValue.DoubleValue(Double.NEGATIVE_INFINITY),
                            new RespValue.Bool(true),
                            new RespValue.Bool(false),
                            new RespValue.Verbatim("txt", "hi"),
                            new RespValue.BigNumber(new BigInteger("12345678901234567890")),
                            RespValue.error("ERR x"),
                            array(integer(1), integer(2)), // Attributes are dropped, outside and inside.
                            integer(Long.MAX_VALUE));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    x                | unknown type, byte 120
                    $?~              | invalid length after '$'
                    *?~              | invalid length after '*'
                    *11~             | invalid aggregate length 11
                    %6~              | invalid aggregate length 6
                    $101~            | invalid bulk length 101
                    $-2~             | invalid bulk length -2
                    ~-1~             | invalid aggregate length -1
                    =2~ab~           | verbatim text without a format
                    :abc~            | invalid number after ':'
                    ,abc~            | invalid number after ','
                    (1x~             | invalid number after '('
                    #x~              | invalid boolean
                    _x~              | invalid null
                    *1~>1~           | a push inside of a value
                    """)
    void refusesWhatIsMalformedOrTooLarge(String wire, String complaint) {
        String first = wire.startsWith("~") ? "~" + wire.substring(1).replace("~", "\r\n") : wire.replace("~", "\r\n");
        assertThatThrownBy(() -> decode(List.of(bytes(first)), SMALL))
                .isInstanceOf(ProtocolError.class)
                .hasMessage(complaint);
    }

    @Test
    void refusesLinesWithoutEnd() {
        assertThatThrownBy(() -> decode(List.of(bytes("+" + "a".repeat(50))), SMALL))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("too long line");
        assertThatThrownBy(() -> decode(List.of(bytes("+a\n")), SMALL)).isInstanceOf(ProtocolError.class);
    }

    @Test
    void boundsTheDepthOfNesting() {
        String deepest = "*1\r\n".repeat(ValueDecoder.MAX_DEPTH) + ":1\r\n";
        assertThat(decode(List.of(bytes(deepest)), SMALL)).hasSize(1);
        assertThatThrownBy(() -> decode(List.of(bytes("*1\r\n" + deepest)), SMALL))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("values nested deeper than 32");
    }

    @Test
    void readsValuesAsWhatTheCallerNeeds() {
        assertThat(bulk("5").asLong()).isEqualTo(5);
        assertThat(integer(5).asText()).isEqualTo("5");
        assertThat(array(bulk("a"), integer(1)).asMap()).isEqualTo(Map.of("a", integer(1)));
        assertThat(RespValue.map(bulk("a"), integer(1)).asList()).hasSize(2);
        assertThatThrownBy(() -> RespValue.error("NOLEADER wait").asList())
                .isInstanceOf(RespTypeException.class)
                .hasMessage("NOLEADER wait");
        assertThatThrownBy(() -> bulk("x").asLong()).hasMessage("expected an integer, got Bulk[x]");
        assertThat(((RespValue.Error) RespValue.error("MOVED 1 h:1")).code()).isEqualTo("MOVED");
    }
}
