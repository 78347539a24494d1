package io.raftkv.kvserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PositionTest {
    /** Cursors outlive releases: these numbers must never change. */
    @Test
    void neverChanges() {
        assertThat(Key.of("").position()).isEqualTo(GOLDEN[0]);
        assertThat(Key.of("a").position()).isEqualTo(GOLDEN[1]);
        assertThat(Key.of("12345678").position()).isEqualTo(GOLDEN[2]);
        assertThat(Key.of("user:{42}:name with more than 16 bytes").position()).isEqualTo(GOLDEN[3]);
    }

    private static final long[] GOLDEN = {
        79308754714428L, 4361628183629782778L, 1159014061393231919L, 2251858685876250786L
    };

    @Test
    void beginsWithTheHashSlot() {
        for (int i = 0; i < 1_000; i++) {
            Key key = Key.of("key" + i);
            assertThat(key.position())
                    .isBetween(Position.firstOf(key.hashSlot()), Position.firstOf(key.hashSlot() + 1) - 1);
        }
        assertThat(Position.firstOf(16384)).isEqualTo(Position.END);
    }

    @Test
    void tellsKeysOfOneSlotApart() {
        Set<Long> positions = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            positions.add(Key.of("{t}" + i).position());
        }
        assertThat(positions).hasSize(100_000);
    }
}
