package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.RaftMetrics;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.memory.MemoryDisk;
import io.raftkv.raft.memory.MemoryNetwork;
import io.raftkv.raft.server.RaftServer;
import io.raftkv.raft.server.Sum;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What the metrics of an embedder are told, by a server that is alone, and by the parts that tell. */
class RaftMetricsTest {
    private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Long> latencies = new ConcurrentLinkedQueue<>();

    private long count(String what) {
        return counts.computeIfAbsent(what, any -> new AtomicLong()).get();
    }

    private void add(String what, long value) {
        counts.computeIfAbsent(what, any -> new AtomicLong()).addAndGet(value);
    }

    private final RaftMetrics metrics = new RaftMetrics() {
        @Override
        public void leadershipWon(long groupId, long term) {
            add("won", 1);
        }

        @Override
        public void leadershipLost(long groupId, long term) {
            add("lost", 1);
        }

        @Override
        public void entryApplied(long groupId, long nanos) {
            latencies.add(nanos);
        }

        @Override
        public void refused(long groupId) {
            add("refused", 1);
        }

        @Override
        public void logSynced(long bytes, long nanos) {
            add("synced", bytes);
        }

        @Override
        public void snapshotTaken(long groupId, long bytes, long nanos) {
            add("snapshots", 1);
        }

        @Override
        public void dropped(String why) {
            add("dropped", 1);
        }
    };

    private RaftServer start(RaftMetrics told) throws IOException {
        RaftOptions options = RaftOptions.DEFAULT
                .with()
                .snapshotThresholdBytes(1000)
                .maxCommandBytes(1000)
                .maxPendingBytes(1000)
                .build();
        return RaftServer.builder()
                .clusterId("test")
                .inMemory(new MemoryNetwork(), new MemoryDisk())
                .options(options)
                .metrics(told)
                .start();
    }

    private static RaftGroup lead(RaftServer server) throws IOException {
        RaftGroup group = server.openGroup(1, new Sum());
        await().atMost(Duration.ofSeconds(20)).until(group::isLeader);
        return group;
    }

    @Test
    void tellsOfLeadershipEntriesSyncsAndSnapshots() throws Exception {
        try (RaftServer server = start(metrics)) {
            RaftGroup group = lead(server);
            assertThat(count("won")).isEqualTo(1);
            for (int i = 0; i < 100; i++) {
                group.propose(Sum.add(1)).toCompletableFuture().get(20, TimeUnit.SECONDS);
            }
            // One at a time is always watched; the last one is told after its completion.
            await().atMost(Duration.ofSeconds(20)).until(() -> latencies.size() == 100);
            assertThat(latencies).allMatch(nanos -> nanos > 0);
            assertThat(count("synced")).isGreaterThan(100);
            await().atMost(Duration.ofSeconds(20)).until(() -> count("snapshots") > 0);
            assertThat(count("refused") + count("lost") + count("dropped")).isZero();
        }
    }

    @Test
    void tellsOfRefusals() throws Exception {
        try (RaftServer server = start(metrics)) {
            RaftGroup group = lead(server);
            CountDownLatch told = new CountDownLatch(3);
            // On the loop, so that nothing is taken from the queue in between.
            group.loop().execute(() -> {
                for (int i = 0; i < 3; i++) {
                    group.propose(Bytes.utf8("0".repeat(600)), new Completion() {
                        @Override
                        public void succeeded(Object result) {
                            told.countDown();
                        }

                        @Override
                        public void failed(RaftException failure) {
                            told.countDown();
                        }
                    });
                }
            });
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(count("refused")).isEqualTo(2);
        }
    }

    @Test
    void whatTheyThrowChangesNothing() throws Exception {
        RaftMetrics broken = new RaftMetrics() {
            @Override
            public void leadershipWon(long groupId, long term) {
                throw new IllegalStateException("as asked");
            }

            @Override
            public void logSynced(long bytes, long nanos) {
                throw new IllegalStateException("as asked");
            }
        };
        try (RaftServer server = start(broken)) {
            RaftGroup group = lead(server);
            assertThat(group.propose(Sum.add(2)).toCompletableFuture().get(20, TimeUnit.SECONDS))
                    .isEqualTo(2L);
        }
    }

    @Test
    void watchesOneEntryUntilItIsAppliedOrLeadershipIsLost() {
        GroupMetrics group = new GroupMetrics(metrics, 1, new io.raftkv.raft.memory.ThreadLoop("unused"));
        group.role(true, 1);
        group.appended(5);
        group.appended(6);
        group.applied(5);
        group.applied(6);
        assertThat(latencies).hasSize(1);
        group.appended(7);
        group.role(false, 2);
        group.applied(7);
        assertThat(latencies).as("the entry at 7 may be another leader's").hasSize(1);
        assertThat(count("lost")).isEqualTo(1);
    }

    @Test
    void theMeteredDiskHidesNothingOfTheDisk() throws Exception {
        for (Class<?> type : new Class<?>[] {Disk.class, Disk.DiskFile.class}) {
            Class<?> metered = type == Disk.class
                    ? MeteredDisk.class
                    : Class.forName(MeteredDisk.class.getName() + "$MeteredFile");
            for (Method method : type.getDeclaredMethods()) {
                if (method.isSynthetic()) {
                    continue;
                }
                assertThat(metered.getDeclaredMethod(method.getName(), method.getParameterTypes()))
                        .as(method.toString())
                        .isNotNull();
            }
        }
        for (Method method : RaftMetrics.class.getDeclaredMethods()) {
            assertThat(Arrays.stream(GuardedMetrics.class.getDeclaredMethods()).map(Method::getName))
                    .contains(method.getName());
        }
        Disk disk = new MeteredDisk(new MemoryDisk(), metrics);
        try (Disk.DiskFile file = disk.create("a")) {
            file.write(ByteBuffer.allocate(10), 0);
            file.force();
            file.force();
        }
        assertThat(count("synced")).isEqualTo(10);
    }
}
