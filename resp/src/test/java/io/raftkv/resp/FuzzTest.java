package io.raftkv.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bytes that nobody would send, from fixed seeds: nothing but a protocol error may come of them, and nothing leaks. */
class FuzzTest {
    private static final RespLimits LIMITS = new RespLimits(10_000, 100, 1_000);
    private static final String ALPHABET = "*$%~>|+-:,#_=!(0123456789\r\n\r\n\r\n\"'\\xa ";

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private int understood;
    private int refused;

    @AfterEach
    void bothOutcomesWereSeen() {
        assertThat(understood).isGreaterThan(2_000);
        assertThat(refused).isGreaterThan(2_000);
    }

    @Test
    void randomBytes() {
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(200)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) ALPHABET.charAt(random.nextInt(ALPHABET.length()));
            }
            feedBoth(bytes, random);
        }
    }

    @Test
    void validInputWithBytesChanged() {
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = valid(random);
            for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            feedBoth(bytes, random);
        }
    }

    private byte[] valid(Random random) {
        List<byte[]> parts = new ArrayList<>();
        RespEncoder encoder = new RespEncoder(allocator, part -> {
            byte[] bytes = new byte[part.readableBytes()];
            part.readBytes(bytes).release();
            parts.add(bytes);
        });
        encoder.protocol(3);
        RandomValues values = new RandomValues(random, 3);
        for (int i = random.nextInt(4); i >= 0; i--) {
            if (random.nextBoolean()) {
                encoder.request(new byte[][] {new byte[random.nextInt(10)], new byte[random.nextInt(100)]});
            } else {
                encoder.value(values.next());
            }
        }
        encoder.drain();
        ByteBuf all = allocator.buffer();
        parts.forEach(all::writeBytes);
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes).release();
        return bytes;
    }

    private void feedBoth(byte[] bytes, Random random) {
        RequestDecoder requests = new RequestDecoder(LIMITS);
        feed(bytes, random, requests::next);
        ValueDecoder values = new ValueDecoder(LIMITS);
        feed(bytes, random, values::next);
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }

    private void feed(byte[] bytes, Random random, Function<ByteBuf, Object> decoder) {
        PendingInput input = new PendingInput();
        try {
            for (int at = 0; at < bytes.length; ) {
                int count = Math.min(bytes.length - at, 1 + random.nextInt(50));
                ByteBuf in = input.add(allocator.buffer(count).writeBytes(bytes, at, count), allocator);
                at += count;
                while (decoder.apply(in) != null) {
                    understood++;
                }
                // What is kept is bounded by a line.
                assertThat(in.readableBytes()).isLessThanOrEqualTo(LIMITS.maxInlineBytes() + 1);
                input.trim(allocator);
            }
        } catch (ProtocolError e) {
            assertThat(e.getMessage()).isNotBlank();
            refused++;
        } finally {
            input.release();
        }
    }
}
