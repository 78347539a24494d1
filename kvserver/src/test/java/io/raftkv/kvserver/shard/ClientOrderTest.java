package io.raftkv.kvserver.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientOrderTest {
    private final ClientOrder order = new ClientOrder();
    private final List<Step> started = new ArrayList<>();

    private final class Step extends ClientOrder.Item {
        private final String name;
        private final boolean write;
        private final long[] positions;

        Step(String name, boolean write, long... positions) {
            this.name = name;
            this.write = write;
            this.positions = positions;
        }

        @Override
        long[] positions() {
            return positions;
        }

        @Override
        boolean isWrite() {
            return write;
        }

        @Override
        void start() {
            started.add(this);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private Step read(String name, long... positions) {
        return submit(new Step(name, false, positions));
    }

    private Step write(String name, long... positions) {
        return submit(new Step(name, true, positions));
    }

    private Step submit(Step step) {
        order.submit(step);
        return step;
    }

    private String startedNames() {
        return String.join(" ", started.stream().map(step -> step.name).toList());
    }

    @Test
    void requestsOfOneKindMeet() {
        read("r1", 1);
        read("r2", 1);
        write("w1", 2);
        write("w2", 2);
        assertThat(startedNames()).isEqualTo("r1 r2 w1 w2");
    }

    @Test
    void aReadWaitsForTheWriteBeforeItAndOthersPass() {
        Step write = write("w", 1);
        read("r", 1);
        read("other", 2);
        assertThat(startedNames()).isEqualTo("w other");
        order.finished(write);
        assertThat(startedNames()).isEqualTo("w other r");
    }

    @Test
    void nothingOvertakesWhatWaitsForTheSameKey() {
        Step read = read("r", 1);
        Step write = write("w", 1);
        Step late = read("late", 1);
        order.finished(read);
        assertThat(startedNames()).isEqualTo("r w");
        order.finished(write);
        assertThat(startedNames()).isEqualTo("r w late");
        order.finished(late);
    }

    @Test
    void severalKeysWaitForAllOfThem() {
        Step one = write("one", 1);
        Step two = write("two", 2);
        read("both", 1, 2);
        order.finished(one);
        assertThat(startedNames()).isEqualTo("one two");
        order.finished(two);
        assertThat(startedNames()).isEqualTo("one two both");
    }

    @Test
    void aBarrierWaitsForAllBeforeAndHoldsAllAfter() {
        Step before = write("before", 1);
        List<Runnable> ends = new ArrayList<>();
        order.barrier(ends::add);
        read("after", 2);
        assertThat(startedNames()).isEqualTo("before");
        assertThat(ends).isEmpty();
        order.finished(before);
        assertThat(ends).hasSize(1);
        assertThat(startedNames()).isEqualTo("before");
        ends.get(0).run();
        assertThat(startedNames()).isEqualTo("before after");
    }

    @Test
    void whatAClosedClientHasWaitingIsNotStarted() {
        Step write = write("w", 1);
        read("r", 1);
        order.close();
        order.finished(write);
        assertThat(startedNames()).isEqualTo("w");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everythingIsStartedAndNoReadMeetsAWriteOfItsKey(long seed) {
        Random random = new Random(seed);
        List<Step> running = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            if (random.nextInt(3) > 0) {
                long[] keys = random.longs(1 + random.nextInt(3), 0, 6).toArray();
                submit(new Step("s" + i, random.nextBoolean(), keys));
            } else if (!running.isEmpty()) {
                order.finished(running.remove(random.nextInt(running.size())));
            }
            running.addAll(started);
            started.clear();
            for (Step a : running) {
                for (Step b : running) {
                    assertThat(a.write != b.write && share(a, b)).isFalse();
                }
            }
            while (running.size() > 8) {
                order.finished(running.remove(0));
                running.addAll(started);
                started.clear();
            }
        }
        while (!running.isEmpty()) {
            order.finished(running.remove(0));
            running.addAll(started);
            started.clear();
        }
        List<Runnable> ends = new ArrayList<>();
        order.barrier(ends::add);
        assertThat(ends).as("nothing is left").hasSize(1);
    }

    private static boolean share(Step a, Step b) {
        for (long key : a.positions) {
            for (long other : b.positions) {
                if (key == other) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void pendingKeysCountLikeAMap() {
        Random random = new Random(7);
        PendingKeys keys = new PendingKeys();
        Map<Long, Long> model = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            long key = random.nextInt(64) * 0x10001L;
            long count = model.getOrDefault(key, 0L);
            long change = count > 0 && random.nextInt(100) < 55 ? -PendingKeys.WRITE : PendingKeys.WRITE;
            keys.add(key, change);
            if (count + change == 0) {
                model.remove(key);
            } else {
                model.put(key, count + change);
            }
            assertThat(keys.get(key)).isEqualTo(count + change);
        }
        model.forEach((key, count) -> assertThat(keys.get(key)).isEqualTo(count));
        model.forEach((key, count) -> keys.add(key, -count));
        assertThat(keys.isEmpty()).isTrue();
    }
}
