package io.raftkv.kvserver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlabsTest {
    private final Slabs slabs = new Slabs();

    private record Stored(long place, byte[] value) {}

    private static byte[] value(Random random, int length) {
        byte[] value = new byte[length];
        random.nextBytes(value);
        return value;
    }

    private void assertStored(Stored stored) {
        assertThat(slabs.get(stored.place)).isEqualTo(stored.value);
        int offset = Slabs.offset(stored.place);
        int end = offset + slabs.length(stored.place);
        assertThat(Arrays.copyOfRange(slabs.array(stored.place), offset, end)).isEqualTo(stored.value);
    }

    @Test
    void keepsValuesOfAnyLength() {
        Random random = new Random(1);
        List<Stored> all = new ArrayList<>();
        for (int length = 0; length < 5_000; length++) {
            byte[] value = value(random, length);
            all.add(new Stored(slabs.add(value), value));
        }
        for (int length = Slabs.MAX_SLOT_BYTES - 20; length < Slabs.MAX_SLOT_BYTES + 20; length++) {
            byte[] value = value(random, length);
            all.add(new Stored(slabs.add(value), value));
        }
        all.forEach(this::assertStored);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noValueTouchesAnother(long seed) {
        Random random = new Random(seed);
        List<Stored> all = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            int length = random.nextInt(20) == 0 ? random.nextInt(40_000) : random.nextInt(200);
            byte[] value = value(random, length);
            // Grows, shrinks to a few, and grows again.
            boolean shrinks = i / 5_000 % 2 == 1;
            int at = all.isEmpty() ? 0 : random.nextInt(all.size());
            if (all.isEmpty() || random.nextInt(10) < (shrinks ? 1 : 6)) {
                all.add(new Stored(slabs.add(value.clone()), value));
            } else if (random.nextInt(3) == 0) {
                all.set(at, new Stored(slabs.replace(all.get(at).place, value.clone()), value));
            } else {
                Stored last = all.remove(all.size() - 1);
                Stored gone = at == all.size() ? last : all.set(at, last);
                assertStored(gone);
                slabs.free(gone.place);
            }
        }
        all.forEach(this::assertStored);
        all.forEach(stored -> slabs.free(stored.place));
        // What is left is the slab of each size that the next value would go to.
        assertThat(slabs.bytes()).isLessThan(60 * (256L << 10));
    }

    @Test
    void memoryOfOneSizeServesAnother() {
        List<Long> places = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            places.add(slabs.add(new byte[100]));
        }
        long before = slabs.bytes();
        for (int i = 0; i < places.size(); i++) {
            places.set(i, slabs.replace(places.get(i), new byte[200]));
        }
        assertThat(before).isBetween(100_000L * 104, 100_000L * 120);
        assertThat(slabs.bytes()).isBetween(100_000L * 204, 100_000L * 230);
    }

    @Test
    void fewValuesTakeLittle() {
        slabs.add(new byte[10]);
        slabs.add(new byte[1_000]);
        assertThat(slabs.bytes()).isLessThan(10_000);
    }

    @Test
    void aValueIsOverwrittenWhereItIs() {
        long place = slabs.add(new byte[100]);
        assertThat(slabs.replace(place, new byte[101])).isEqualTo(place);
        assertThat(slabs.length(place)).isEqualTo(101);
    }

    @Test
    void refusesALargeValueThatWasFreed() {
        long place = slabs.add(new byte[100_000]);
        slabs.free(place);
        assertThatThrownBy(() -> slabs.get(place)).isInstanceOf(NullPointerException.class);
    }
}
