package io.raftkv.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.redis.ArrayHeaderRedisMessage;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.IntegerRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Netty's own RESP2 codec and ours read and write the same bytes. */
class NettyCodecOracleTest {
    @Test
    void nettyReadsWhatWeWrite() {
        RandomValues random = new RandomValues(new Random(1), 2);
        EmbeddedChannel netty = new EmbeddedChannel(
                new RedisDecoder(), new RedisBulkStringAggregator(), new RedisArrayAggregator(100, 32));
        RespEncoder encoder = new RespEncoder(UnpooledByteBufAllocator.DEFAULT, netty::writeInbound);
        for (int i = 0; i < 1_000; i++) {
            RespValue value = random.next();
            encoder.value(value);
            encoder.drain();
            RedisMessage message = netty.readInbound();
            assertThat(fromNetty(message)).isEqualTo(value);
            io.netty.util.ReferenceCountUtil.release(message);
        }
        assertThat(netty.finish()).isFalse();
    }

    @Test
    void weReadAndWriteWhatNettyWrites() {
        RandomValues random = new RandomValues(new Random(2), 2);
        EmbeddedChannel netty = new EmbeddedChannel(new RedisEncoder());
        for (int i = 0; i < 1_000; i++) {
            RespValue value = random.next();
            netty.writeOutbound(toNetty(value));
            ByteBuf wire = Unpooled.buffer();
            for (ByteBuf part; (part = netty.readOutbound()) != null; part.release()) {
                wire.writeBytes(part);
            }
            byte[] bytes = ByteBufUtil.getBytes(wire);
            assertThat(ValueDecoderTest.decode(List.of(bytes), RespLimits.DEFAULT))
                    .containsExactly(value);
            assertThat(ours(value)).isEqualTo(bytes);
        }
        assertThat(netty.finish()).isFalse();
    }

    private static byte[] ours(RespValue value) {
        ByteBuf wire = Unpooled.buffer();
        RespEncoder encoder = new RespEncoder(UnpooledByteBufAllocator.DEFAULT, part -> {
            wire.writeBytes(part);
            part.release();
        });
        encoder.value(value);
        encoder.drain();
        return ByteBufUtil.getBytes(wire);
    }

    private static RespValue fromNetty(RedisMessage message) {
        if (message instanceof SimpleStringRedisMessage m) {
            return RespValue.simple(m.content());
        } else if (message instanceof ErrorRedisMessage m) {
            return RespValue.error(m.content());
        } else if (message instanceof IntegerRedisMessage m) {
            return RespValue.integer(m.value());
        } else if (message instanceof FullBulkStringRedisMessage m) {
            return m.isNull() ? RespValue.nil() : RespValue.bulk(ByteBufUtil.getBytes(m.content()));
        } else if (message instanceof ArrayRedisMessage m) {
            return RespValue.array(
                    m.children().stream().map(NettyCodecOracleTest::fromNetty).collect(Collectors.toList()));
        }
        throw new AssertionError("unexpected " + message);
    }

    private static RedisMessage toNetty(RespValue value) {
        if (value instanceof RespValue.Simple v) {
            return new SimpleStringRedisMessage(v.text());
        } else if (value instanceof RespValue.Error v) {
            return new ErrorRedisMessage(v.message());
        } else if (value instanceof RespValue.Int v) {
            return new IntegerRedisMessage(v.value());
        } else if (value instanceof RespValue.Bulk v) {
            return new FullBulkStringRedisMessage(Unpooled.wrappedBuffer(v.bytes()));
        } else if (value instanceof RespValue.Null) {
            return FullBulkStringRedisMessage.NULL_INSTANCE;
        } else if (value instanceof RespValue.Array v) {
            return v.items().isEmpty()
                    ? new ArrayHeaderRedisMessage(0)
                    : new ArrayRedisMessage(v.items().stream()
                            .map(NettyCodecOracleTest::toNetty)
                            .collect(Collectors.toList()));
        }
        throw new AssertionError("unexpected " + value);
    }
}
