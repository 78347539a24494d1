package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every map, whatever came before it. */
class RebalancerTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void spreadsEvenlyAndMovesNoMoreThanThatTakes(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            int shards = 1 + random.nextInt(40);
            List<Integer> before = new ArrayList<>();
            for (int i = 0; i < shards; i++) {
                before.add(random.nextInt(7)); // 0 is no group, and some of the others left.
            }
            SortedSet<Integer> groups = new TreeSet<>();
            for (int gid = 1; gid < 9; gid++) {
                if (random.nextBoolean()) {
                    groups.add(gid);
                }
            }
            check(before, groups, Rebalancer.spread(before, groups));
        }
    }

    private static void check(List<Integer> before, SortedSet<Integer> groups, List<Integer> after) {
        if (groups.isEmpty()) {
            assertThat(after).containsOnly(0);
            return;
        }
        Map<Integer, Integer> counts = counts(after, groups);
        assertThat(counts.keySet()).isEqualTo(groups);
        assertThat(Collections.max(counts.values()) - Collections.min(counts.values()))
                .isLessThanOrEqualTo(1);
        assertThat(moved(before, after)).isEqualTo(leastMoves(before, groups));
        assertThat(Rebalancer.spread(after, groups)).isEqualTo(after);
    }

    private static int moved(List<Integer> before, List<Integer> after) {
        int moved = 0;
        for (int i = 0; i < before.size(); i++) {
            moved += before.get(i).equals(after.get(i)) ? 0 : 1;
        }
        return moved;
    }

    /** What stays is what fits: the fullest groups may keep one more than the others, as many as there are left over. */
    private static int leastMoves(List<Integer> before, SortedSet<Integer> groups) {
        int share = before.size() / groups.size();
        int leftOver = before.size() % groups.size();
        int stay = 0;
        List<Integer> sizes = new ArrayList<>(counts(before, groups).values());
        sizes.sort(Collections.reverseOrder());
        for (int size : sizes) {
            int quota = leftOver > 0 && size > share ? share + 1 : share;
            leftOver -= quota - share;
            stay += Math.min(size, quota);
        }
        return before.size() - stay;
    }

    private static Map<Integer, Integer> counts(List<Integer> gids, SortedSet<Integer> groups) {
        Map<Integer, Integer> counts = new TreeMap<>();
        groups.forEach(gid -> counts.put(gid, 0));
        gids.forEach(gid -> counts.computeIfPresent(gid, (g, n) -> n + 1));
        return counts;
    }
}
