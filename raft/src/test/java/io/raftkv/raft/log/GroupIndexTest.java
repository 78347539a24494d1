package io.raftkv.raft.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.core.GroupWrite.LogPosition;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupIndexTest {
    private static final int EXTENTS = 1_000;
    private static final long EXTENT_BYTES = 100;

    /** Extents of ten entries each. */
    private static GroupIndex index() {
        GroupIndex index = new GroupIndex(1);
        for (int i = 0; i < EXTENTS; i++) {
            index.append(new Extent(null, i * 200L, i * 200L + 200, 1, i * 10L + 1, i * 10L + 10, EXTENT_BYTES, false));
        }
        return index;
    }

    @Test
    void findsAsMuchAsIsAskedForAndNotTheWholeLog() throws CompactedException {
        GroupIndex index = index();
        for (long from : new long[] {1, 5, 10, 11, 5_000}) {
            for (long wanted : new long[] {1, EXTENT_BYTES, 3 * EXTENT_BYTES + 1}) {
                List<Extent> found = index.locate(from, EXTENTS * 10, wanted);
                assertThat(found.get(0).firstIndex()).isBetween(from - 9, from);
                assertThat(found.get(0).lastIndex()).isBetween(from, from + 9);
                long behindTheFirst =
                        found.stream().skip(1).mapToLong(Extent::bytes).sum();
                assertThat(behindTheFirst).isBetween(wanted, wanted + EXTENT_BYTES);
            }
        }
    }

    @Test
    void findsNothingBehindTheLastThatIsAskedFor() throws CompactedException {
        assertThat(index().locate(95, 101, Long.MAX_VALUE))
                .extracting(Extent::firstIndex)
                .containsExactly(91L, 101L);
        assertThat(index().locate(EXTENTS * 10, EXTENTS * 10, Long.MAX_VALUE)).hasSize(1);
        assertThat(index().locate(EXTENTS * 10 + 1, EXTENTS * 10 + 1, Long.MAX_VALUE))
                .isEmpty();
    }

    @Test
    void saysThatEntriesAreGone() {
        GroupIndex index = index();
        index.start(new LogPosition(50, 1), false);
        assertThatThrownBy(() -> index.locate(50, 60, 1)).isInstanceOf(CompactedException.class);
    }
}
