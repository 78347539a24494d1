package io.raftkv.raft.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.Disk.DiskFile;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SnapshotStoreTest {
    private static final long GROUP = 0xF00000001L;

    private final SimDisk disk = new SimDisk(1);
    private SnapshotStore store = new SnapshotStore(disk, "snapshots");

    static SnapshotMeta meta(long index, long term) {
        Configuration configuration = Configuration.of(List.of(new ReplicaId(1, 1), new ReplicaId(-2, 3)));
        return new SnapshotMeta(index, term, configuration, index / 2, 1234);
    }

    private static byte[] state(int bytes, long seed) {
        byte[] state = new byte[bytes];
        new Random(seed).nextBytes(state);
        return state;
    }

    private StoredSnapshot write(SnapshotMeta meta, byte[] state) throws IOException {
        return store.write(GROUP, meta, out -> out.write(state));
    }

    private static byte[] read(StoredSnapshot snapshot) throws IOException {
        try (InputStream in = snapshot.openState()) {
            return in.readAllBytes();
        }
    }

    private void restart(SimDisk.Survival survival) {
        disk.crash(survival);
        store = new SnapshotStore(disk, "snapshots");
    }

    private static String path(String name) {
        return "snapshots/0000000f00000001/" + name;
    }

    @Test
    void findsAgainWhatWasWritten() throws IOException {
        assertThat(store.newest(GROUP)).isEmpty();
        for (int bytes : new int[] {0, 1, SnapshotFormat.BLOCK_BYTES, 3 * SnapshotFormat.BLOCK_BYTES + 5}) {
            write(meta(bytes + 1, 3), state(bytes, 1));
            restart(SimDisk.Survival.NOTHING);
            StoredSnapshot found = store.newest(GROUP).orElseThrow();
            assertThat(found.meta()).isEqualTo(meta(bytes + 1, 3));
            assertThat(read(found)).isEqualTo(state(bytes, 1));
        }
        assertThat(store.groups()).containsExactly(GROUP);
    }

    @Test
    void writesByteByByteToo() throws IOException {
        byte[] state = state(SnapshotFormat.BLOCK_BYTES + 3, 2);
        StoredSnapshot stored = store.write(GROUP, meta(1, 1), out -> {
            for (byte value : state) {
                out.write(value);
            }
        });
        try (InputStream in = stored.openState()) {
            for (byte value : state) {
                assertThat(in.read()).isEqualTo(value & 0xff);
            }
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void theNewestIsThatOfTheLargestNumber() throws IOException {
        for (long index : new long[] {9, 0x10, 0xFFFF_FFFFL, 99, 100, 0x1_0000_0000L}) {
            write(meta(index, index), state(10, index));
        }
        restart(SimDisk.Survival.NOTHING);
        assertThat(store.newest(GROUP).orElseThrow().meta().index()).isEqualTo(0x1_0000_0000L);
        store.retainOnly(GROUP, 0xFFFF_FFFFL);
        restart(SimDisk.Survival.NOTHING);
        assertThat(disk.list("snapshots/0000000f00000001"))
                .containsExactly("00000000ffffffff.snap", "0000000100000000.snap");
        assertThatThrownBy(() -> store.retainOnly(GROUP, 5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void powerFailureAtAnyMomentLeavesTheOldOrTheNewOne() throws IOException {
        boolean ended = false;
        for (int operation = 1; !ended; operation++) {
            SimDisk crashing = new SimDisk(operation);
            store = new SnapshotStore(crashing, "snapshots");
            write(meta(5, 1), state(1000, 5));
            long before = crashing.operations();
            crashing.stopAt(before + operation);
            boolean written = false;
            try {
                write(meta(6, 2), state(600_000, 6));
                written = true;
                store.retainOnly(GROUP, 6);
                ended = true;
            } catch (SimDisk.PowerLost e) {
                assertThat(e).isNotNull();
            }
            crashing.crash();
            store = new SnapshotStore(crashing, "snapshots");
            StoredSnapshot found = store.newest(GROUP).orElseThrow();
            if (written) {
                assertThat(found.meta().index()).isEqualTo(6);
            }
            assertThat(read(found)).isEqualTo(found.meta().index() == 6 ? state(600_000, 6) : state(1000, 5));
            write(meta(7, 2), state(10, 7));
            assertThat(crashing.list("snapshots/0000000f00000001")).noneMatch(name -> name.endsWith(".tmp"));
        }
    }

    @Test
    void aFailedWriteLeavesNothingBehind() throws IOException {
        write(meta(5, 1), state(10, 5));
        assertThatThrownBy(() -> store.write(GROUP, meta(6, 1), out -> {
                    throw new IOException("the state cannot be written");
                }))
                .hasMessageContaining("the state cannot be written");
        disk.setCapacityBytes(disk.usedBytes() + 100);
        assertThatThrownBy(() -> write(meta(6, 1), state(1000, 6))).hasMessageContaining("no space");
        disk.setCapacityBytes(Long.MAX_VALUE);
        disk.failNext(SimDisk.Operation.FORCE, 1);
        assertThatThrownBy(() -> write(meta(6, 1), state(1000, 6))).hasMessageContaining("FORCE");
        assertThat(disk.list("snapshots/0000000f00000001")).containsExactly("0000000000000005.snap");
        assertThat(store.newest(GROUP).orElseThrow().meta().index()).isEqualTo(5);
    }

    @Test
    void noFlippedByteGoesUnnoticed() throws IOException {
        StoredSnapshot stored = write(meta(5, 1), state(200, 5));
        byte[] sound = disk.content(path("0000000000000005.snap"));
        assertThat(stored.totalBytes()).isEqualTo(sound.length);
        for (int at = 0; at < sound.length; at++) {
            byte[] damaged = sound.clone();
            damaged[at] ^= 0x10;
            disk.put(path("0000000000000005.snap"), damaged);
            assertThatThrownBy(() -> read(stored)).as("byte %d", at).isInstanceOf(SnapshotException.class);
            assertThatThrownBy(() -> new SnapshotStore(disk, "snapshots").newest(GROUP))
                    .isInstanceOf(SnapshotException.class)
                    .hasMessageContaining("0000000000000005.snap")
                    .hasMessageContaining("damaged");
        }
        for (int length = 0; length < sound.length; length += 7) {
            disk.put(path("0000000000000005.snap"), java.util.Arrays.copyOf(sound, length));
            assertThatThrownBy(() -> new SnapshotStore(disk, "snapshots").newest(GROUP))
                    .isInstanceOf(SnapshotException.class);
        }
    }

    @Test
    void fallsBackToAnOlderOneIfTheNewestIsDamaged() throws IOException {
        write(meta(5, 1), state(10, 5));
        write(meta(6, 1), state(10, 6));
        disk.flipBit(path("0000000000000006.snap"), 50, 1);
        restart(SimDisk.Survival.NOTHING);
        assertThat(store.newest(GROUP).orElseThrow().meta().index()).isEqualTo(5);
    }

    @Test
    void receivesInChunksAndResumesAfterARestart() throws IOException {
        byte[] state = state(900_000, 3);
        StoredSnapshot sent = write(meta(50, 4), state);
        SimDisk other = new SimDisk(9);
        SnapshotStore target = new SnapshotStore(other, "snapshots");
        IncomingSnapshot incoming = target.receive(GROUP, sent.meta(), sent.totalBytes(), sent.checksum());
        assertThat(incoming.receivedBytes()).isZero();
        for (int i = 0; i < 6; i++) {
            incoming.append(incoming.receivedBytes(), sent.readChunk(incoming.receivedBytes(), 100_000));
        }
        other.kill();
        target = new SnapshotStore(other, "snapshots");
        incoming = target.receive(GROUP, sent.meta(), sent.totalBytes(), sent.checksum());
        long resumedAt = incoming.receivedBytes();
        assertThat(resumedAt).isBetween(2L * SnapshotFormat.BLOCK_BYTES, 600_000L);
        while (incoming.receivedBytes() < sent.totalBytes()) {
            // The sender repeats some of what is there.
            long offset = Math.max(0, incoming.receivedBytes() - 50);
            incoming.append(offset, sent.readChunk(offset, 100_000));
        }
        incoming.verify();
        StoredSnapshot complete = incoming.publish();
        assertThat(read(complete)).isEqualTo(state);
        other.crash(SimDisk.Survival.NOTHING);
        StoredSnapshot found =
                new SnapshotStore(other, "snapshots").newest(GROUP).orElseThrow();
        assertThat(found.meta()).isEqualTo(sent.meta());
        assertThat(other.list("snapshots/0000000f00000001")).containsExactly("0000000000000032.snap");
    }

    @Test
    void resumesFromWhatIsSoundAfterAPowerFailure() throws IOException {
        byte[] state = state(900_000, 3);
        StoredSnapshot sent = write(meta(50, 4), state);
        for (int seed = 0; seed < 30; seed++) {
            SimDisk other = new SimDisk(seed);
            IncomingSnapshot incoming = new SnapshotStore(other, "snapshots")
                    .receive(GROUP, sent.meta(), sent.totalBytes(), sent.checksum());
            while (incoming.receivedBytes() < 800_000) {
                incoming.append(incoming.receivedBytes(), sent.readChunk(incoming.receivedBytes(), 100_000));
            }
            other.crash();
            incoming = new SnapshotStore(other, "snapshots")
                    .receive(GROUP, sent.meta(), sent.totalBytes(), sent.checksum());
            incoming.append(incoming.receivedBytes(), sent.readChunk(incoming.receivedBytes(), Integer.MAX_VALUE));
            incoming.verify();
            assertThat(read(incoming.publish())).isEqualTo(state);
        }
    }

    @Test
    void refusesAMixtureOfTwoSoundSnapshots() throws IOException {
        byte[] one = state(600_000, 1);
        StoredSnapshot first = write(meta(50, 4), one);
        SnapshotStore elsewhere = new SnapshotStore(disk, "elsewhere");
        StoredSnapshot second = elsewhere.write(GROUP, meta(50, 4), out -> out.write(state(600_000, 2)));
        assertThat(second.totalBytes()).isEqualTo(first.totalBytes());
        SimDisk other = new SimDisk(2);
        SnapshotStore target = new SnapshotStore(other, "snapshots");
        IncomingSnapshot incoming = target.receive(GROUP, first.meta(), first.totalBytes(), first.checksum());
        incoming.append(0, first.readChunk(0, 300_000));
        incoming.close();
        IncomingSnapshot mixed = target.receive(GROUP, first.meta(), first.totalBytes(), first.checksum());
        mixed.append(mixed.receivedBytes(), second.readChunk(mixed.receivedBytes(), Integer.MAX_VALUE));
        assertThatThrownBy(mixed::verify).isInstanceOf(SnapshotException.class).hasMessageContaining("sent again");
        assertThat(target.newest(GROUP)).isEmpty();
        assertThat(target.receive(GROUP, first.meta(), first.totalBytes(), first.checksum())
                        .receivedBytes())
                .isZero();
    }

    @Test
    void refusesChunksThatDoNotFit() throws IOException {
        IncomingSnapshot incoming = store.receive(GROUP, meta(50, 4), 100, 7);
        assertThatThrownBy(() -> incoming.append(1, ByteBuffer.allocate(5))).isInstanceOf(SnapshotException.class);
        assertThatThrownBy(() -> incoming.append(0, ByteBuffer.allocate(101))).isInstanceOf(SnapshotException.class);
        assertThatThrownBy(incoming::verify).hasMessageContaining("have not arrived");
        incoming.abort();
        store.receive(GROUP, meta(50, 4), 100, 7).close();
        store.receive(GROUP, meta(51, 4), 100, 7).close();
        assertThat(disk.list("snapshots/0000000f00000001")).containsExactly("0000000000000033-4-64-7.part");
        store.dropGroup(GROUP);
        assertThat(disk.list("snapshots/0000000f00000001")).isEmpty();
        assertThat(store.groups()).isEmpty();
    }

    /** The same disk, of which files cannot be synced. */
    private static Disk withoutSync(Disk disk) {
        return (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    Object result = method.invoke(disk, arguments);
                    return result instanceof DiskFile file ? withoutSync(file) : result;
                });
    }

    private static DiskFile withoutSync(DiskFile file) {
        return (DiskFile) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {DiskFile.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("force")) {
                        throw new IOException("EIO");
                    }
                    return method.invoke(file, arguments);
                });
    }

    @Test
    void receivesAnewWhatCouldNotBeSynced() throws IOException {
        StoredSnapshot sent = write(meta(50, 4), state(1000, 1));
        SimDisk other = new SimDisk(2);
        IncomingSnapshot incoming = new SnapshotStore(withoutSync(other), "snapshots")
                .receive(GROUP, sent.meta(), sent.totalBytes(), sent.checksum());
        incoming.append(0, sent.readChunk(0, Integer.MAX_VALUE));
        assertThatThrownBy(incoming::verify).hasMessage("EIO");
        // It reads well from the cache, and a second sync would say that all is fine.
        assertThat(new SnapshotStore(other, "snapshots")
                        .receive(GROUP, sent.meta(), sent.totalBytes(), sent.checksum())
                        .receivedBytes())
                .isZero();
    }

    @Test
    void theFoldersOfManyGroupsAreMadeDurableTogether() throws IOException {
        SimDisk many = new SimDisk(3);
        SnapshotStore folders = new SnapshotStore(many, "snapshots");
        for (long group = 1; group <= 1000; group++) {
            folders.name(group);
        }
        long made = many.operations();
        folders.syncNames();
        folders.syncNames();
        assertThat(many.operations() - made).isEqualTo(1);
        folders.name(1001);
        many.crash(SimDisk.Survival.NOTHING);
        assertThat(folders.named()).hasSize(1000);
        assertThat(folders.groups()).isEmpty();
    }
}
