package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LogSizesTest {
    @Test
    void isNeverTooSmallAndAtMostAStepAndAnEntryTooLarge() {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            int step = 1 + random.nextInt(500);
            LogSizes sizes = new LogSizes(step);
            TreeMap<Long, Integer> entries = new TreeMap<>();
            long last = 0;
            for (int i = 0; i < 500; i++) {
                int what = random.nextInt(20);
                if (what == 0 && !entries.isEmpty()) {
                    long upTo = entries.firstKey() + random.nextInt(entries.size());
                    sizes.compactedTo(upTo);
                    entries.headMap(upTo, true).clear();
                } else if (what == 1 && !entries.isEmpty()) {
                    for (int cut = random.nextInt(entries.size()); cut > 0; cut--) {
                        sizes.removedLast(last, entries.remove(last));
                        last--;
                    }
                } else {
                    int bytes = 1 + random.nextInt(100);
                    sizes.appended(++last, bytes);
                    entries.put(last, bytes);
                }
                for (long from : entries.keySet()) {
                    long exact = entries.tailMap(from).values().stream()
                            .mapToLong(bytes -> bytes)
                            .sum();
                    assertThat(sizes.from(from)).isBetween(exact, exact + step + 100);
                }
            }
        }
    }
}
