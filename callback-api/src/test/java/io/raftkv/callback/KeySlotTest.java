package io.raftkv.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeySlotTest {
    // 12739 is CRC16("123456789") = 0x31C3 of the Redis Cluster specification; the others are of a Redis server.
    @ParameterizedTest
    @CsvSource({"123456789, 12739", "foo, 12182", "bar, 5061", "hello, 866", "'', 0", "somekey, 11058"})
    void agreesWithRedis(String key, int slot) {
        assertThat(KeySlot.of(key)).isEqualTo(slot);
    }

    @Test
    void hashesTheFirstTagOnlyAndOnlyIfItIsNotEmpty() {
        assertThat(KeySlot.of("{user1000}.following"))
                .isEqualTo(KeySlot.of("{user1000}.followers"))
                .isEqualTo(KeySlot.of("user1000"))
                .isEqualTo(3443);
        assertThat(KeySlot.of("foo{{bar}}zap")).isEqualTo(KeySlot.of("{bar"));
        assertThat(KeySlot.of("foo{bar}{zap}")).isEqualTo(KeySlot.of("bar"));
        assertThat(KeySlot.of("foo{}{bar}")).isEqualTo(8363);
        assertThat(KeySlot.of("foo{bar")).isNotEqualTo(KeySlot.of("bar"));
        assertThat(KeySlot.of("}a{b}")).isEqualTo(KeySlot.of("b"));
    }

    @Test
    void takesBytesAsTheyAre() {
        assertThat(KeySlot.of(new byte[] {(byte) 0xFF, 0, (byte) 0x80})).isBetween(0, KeySlot.SLOTS - 1);
        assertThat(KeySlot.of("键".getBytes(StandardCharsets.UTF_8))).isEqualTo(KeySlot.of("键"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 10, 16, 1000, 16383, 16384})
    void shardsAreContiguousRangesThatCoverAllSlots(int shards) {
        int next = 0;
        for (int shard = 0; shard < shards; shard++) {
            assertThat(KeySlot.firstSlot(shard, shards)).isEqualTo(next);
            int last = KeySlot.lastSlot(shard, shards);
            assertThat(last - next + 1).isBetween(KeySlot.SLOTS / shards, KeySlot.SLOTS / shards + 1);
            assertThat(KeySlot.shardOf(next, shards)).isEqualTo(shard);
            assertThat(KeySlot.shardOf(last, shards)).isEqualTo(shard);
            next = last + 1;
        }
        assertThat(next).isEqualTo(KeySlot.SLOTS);
    }
}
