package io.raftkv.raft.log;

import static io.raftkv.raft.log.LogFixture.append;
import static io.raftkv.raft.log.LogFixture.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.core.Entry;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDiskTest {
    @TempDir
    Path folder;

    @Test
    void readsAndWritesAnywhere() throws IOException {
        FileDisk disk = new FileDisk(folder.resolve("a/b"));
        disk.createDirectory("c/d");
        byte[] data = new byte[700_000];
        new Random(1).nextBytes(data);
        try (DiskFile file = disk.create("c/d/file")) {
            file.write(ByteBuffer.wrap(data), 100);
            file.force();
            assertThat(file.size()).isEqualTo(700_100);
            ByteBuffer read = ByteBuffer.allocate(800_000);
            assertThat(file.read(read, 100)).isEqualTo(700_000);
            assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(data));
            assertThat(file.read(ByteBuffer.allocate(5), 800_000)).isZero();
        }
        assertThatThrownBy(() -> disk.create("c/d/file")).isInstanceOf(FileAlreadyExistsException.class);
        disk.rename("c/d/file", "c/d/other");
        disk.forceDirectory("c/d");
        assertThat(disk.list("c/d")).containsExactly("other");
        assertThat(disk.list("c")).containsExactly("d");
        assertThat(disk.list("nowhere")).isEmpty();
        disk.delete("c/d/other");
        disk.delete("c/d/other");
        assertThat(disk.exists("c/d/other")).isFalse();
        assertThat(disk.usableBytes()).isPositive();
        assertThatThrownBy(() -> disk.open("../outside")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesASecondOwnerInThisProcess() throws IOException {
        LogFixture first = new LogFixture(new FileDisk(folder), LogFixture.small(4096)).open();
        LogFixture second = new LogFixture(new FileDisk(folder), LogFixture.small(4096));
        assertThatThrownBy(second::open)
                .isInstanceOf(LogException.class)
                .hasMessageContaining(folder.resolve("log").toString())
                .hasMessageContaining("process " + ProcessHandle.current().pid());
        first.log.close();
        second.open().log.close();
    }

    /** Holds the lock of the folder until its input ends. */
    public static final class Holder {
        private Holder() {}

        public static void main(String[] args) throws IOException {
            SharedLog log = SharedLog.open(
                    new FileDisk(Path.of(args[0])),
                    "log",
                    LogFixture.small(4096),
                    LogFixture.CLUSTER,
                    LogFixture.SERVER,
                    Runnable::run);
            System.out.println("held");
            int ended = System.in.read();
            log.close();
            System.exit(ended < 0 ? 0 : 1);
        }
    }

    @Test
    void refusesASecondProcess() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process holder = new ProcessBuilder(
                        java,
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        LogFixture fixture = new LogFixture(new FileDisk(folder), LogFixture.small(4096));
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            assertThatThrownBy(fixture::open)
                    .hasMessageContaining("in use by process " + holder.pid())
                    .hasMessageContaining("stop that process");
        } finally {
            holder.getOutputStream().close();
            assertThat(holder.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        fixture.open().log.close();
    }

    @Test
    void producersReadersAndTheCollectorGetAlong() throws Exception {
        FileDisk disk = new FileDisk(folder);
        ExecutorService executor = Executors.newFixedThreadPool(4);
        LogOptions options = new LogOptions(64 << 10, 16 << 10, 16 << 10, 3, e -> {});
        SharedLog log = SharedLog.open(disk, "log", options, LogFixture.CLUSTER, LogFixture.SERVER, executor);
        AtomicLong[] durable = {new AtomicLong(), new AtomicLong()};
        CountDownLatch written = new CountDownLatch(2);
        try {
            Future<?>[] work = new Future<?>[3];
            for (int group = 0; group < 2; group++) {
                int id = group;
                work[group] = executor.submit(() -> produce(log, id, durable[id], written));
            }
            work[2] = executor.submit(() -> {
                while (written.getCount() > 0) {
                    for (int group = 0; group < 2; group++) {
                        read(log, group, durable[group].get());
                    }
                }
                return null;
            });
            for (Future<?> task : work) {
                task.get(30, TimeUnit.SECONDS);
            }
        } finally {
            log.close();
            executor.shutdownNow();
        }
        assertThat(log.failure()).isNull();
        LogFixture again = new LogFixture(disk, options).open();
        assertThat(again.log.recovered().get(0L).logStart().index()).isEqualTo(2000 - 50);
        assertThat(again.log.recovered().get(1L).entries()).isEqualTo(entries(2000 - 49, 2000, 1));
        again.log.close();
    }

    private static Void produce(SharedLog log, long group, AtomicLong durable, CountDownLatch written)
            throws InterruptedException {
        CountDownLatch all = new CountDownLatch(2000);
        for (int i = 1; i <= 2000; i++) {
            long index = i;
            log.append(List.of(append(group, entries(index, index, 1))), () -> {
                durable.set(index);
                all.countDown();
            });
            if (index > 50) {
                log.append(List.of(LogFixture.start(group, index - 50, 1)), () -> {});
            }
        }
        assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
        written.countDown();
        return null;
    }

    private static void read(SharedLog log, long group, long durable) throws IOException {
        try {
            long from = Math.max(1, durable - 20);
            List<Entry> found = log.read(group, from, durable, Long.MAX_VALUE);
            assertThat(found).isEqualTo(entries(from, durable, 1).subList(0, found.size()));
        } catch (CompactedException e) {
            assertThat(e).hasMessageContaining("entry " + Math.max(1, durable - 20) + " of group " + group);
        }
    }
}
