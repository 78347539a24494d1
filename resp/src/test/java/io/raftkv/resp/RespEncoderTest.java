package io.raftkv.resp;

import static io.raftkv.resp.RespValue.array;
import static io.raftkv.resp.RespValue.integer;
import static io.raftkv.resp.RespValue.simple;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RespEncoderTest {
    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false);

    private static String encode(int protocol, RespValue... values) {
        ByteBuf wire = Unpooled.buffer();
        RespEncoder encoder = new RespEncoder(HEAP, part -> {
            wire.writeBytes(part);
            part.release();
        });
        encoder.protocol(protocol);
        for (RespValue value : values) {
            encoder.value(value);
        }
        encoder.drain();
        return TestBytes.text(wire);
    }

    @Test
    void writesIntegersOfAnySize() {
        for (long value : new long[] {0, 9, 10, -1, 1234567890123L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThat(encode(2, integer(value))).isEqualTo(":" + value + "\r\n");
        }
    }

    @Test
    void keepsLinesWhole() {
        assertThat(encode(2, RespValue.error("ERR a\r\nb"), simple("c\nd"))).isEqualTo("-ERR a  b\r\n+c d\r\n");
    }

    @Test
    void writesTypesOfResp3InTermsOfResp2() {
        RespValue[] values = {
            RespValue.nil(),
            RespValue.map(simple("a"), integer(1)),
            new RespValue.SetValue(List.of(integer(1))),
            new RespValue.Bool(true),
            new RespValue.DoubleValue(1.5),
            new RespValue.DoubleValue(3),
            new RespValue.Verbatim("txt", "hi"),
            new RespValue.BigNumber(BigInteger.TEN)
        };
        assertThat(encode(2, values).replace("\r\n", "~")).isEqualTo("$-1~*2~+a~:1~*1~:1~:1~$3~1.5~$1~3~$2~hi~$2~10~");
        assertThat(encode(3, values).replace("\r\n", "~")).isEqualTo("_~%1~+a~:1~~1~:1~#t~,1.5~,3~=6~txt:hi~(10~");
    }

    @Test
    void refusesAPushInResp2() {
        assertThatThrownBy(() -> encode(2, RespValue.push("event"))).isInstanceOf(IllegalStateException.class);
        assertThat(encode(3, RespValue.push("event", array()))).isEqualTo(">2\r\n$5\r\nevent\r\n*0\r\n");
    }

    @Test
    void passesLargeBulksOnWithoutCopy() {
        byte[] large = new byte[100_000];
        List<ByteBuf> parts = new ArrayList<>();
        RespEncoder encoder = new RespEncoder(HEAP, parts::add);
        encoder.bulk(large);
        encoder.drain();
        assertThat(parts).hasSize(3);
        assertThat(parts.get(1).array()).isSameAs(large);
        parts.forEach(ByteBuf::release);
    }

    @Test
    void passesFullBuffersOnInsteadOfGrowing() {
        List<ByteBuf> parts = new ArrayList<>();
        RespEncoder encoder = new RespEncoder(HEAP, parts::add);
        for (int i = 0; i < 100_000; i++) {
            encoder.ok();
        }
        encoder.drain();
        assertThat(parts).hasSizeGreaterThan(10).allMatch(part -> part.capacity() <= 64 * 1024);
        parts.forEach(ByteBuf::release);
    }

    @Test
    void whatIsWrittenIsReadTheSame() {
        for (int protocol = 2; protocol <= 3; protocol++) {
            RandomValues random = new RandomValues(new Random(7), protocol);
            for (int i = 0; i < 2_000; i++) {
                RespValue value = random.next();
                byte[] wire = TestBytes.bytes(encode(protocol, value));
                assertThat(ValueDecoderTest.decode(List.of(wire), RespLimits.DEFAULT))
                        .containsExactly(value);
            }
        }
    }
}
