package io.raftkv.kvserver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryEngineTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Map<Key, String> contentOf(MemoryEngine engine) {
        TreeMap<Key, String> content = new TreeMap<>();
        engine.scan(0, Position.END, Integer.MAX_VALUE, key -> content.put(key, text(engine.get(key))));
        return content;
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }

    private static byte[] snapshotOf(Frozen frozen) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            SnapshotFormat.write(frozen, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** Snapshots are taken at random moments and written by another thread while the writes go on. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void behavesAsASortedMapAndSnapshotsShowTheMomentOfTheFreeze(long seed) throws Exception {
        Random random = new Random(seed);
        MemoryEngine engine = new MemoryEngine();
        TreeMap<Key, String> model = new TreeMap<>();
        Frozen frozen = null;
        Map<Key, String> expected = null;
        CompletableFuture<byte[]> written = null;
        int snapshots = 0;
        for (int i = 0; i < 40_000; i++) {
            Key key = Key.of("key" + random.nextInt(2_000));
            if (random.nextInt(5) < 2) {
                assertThat(engine.remove(key)).isEqualTo(model.remove(key) != null);
            } else {
                String value = ("v" + i).repeat(sizes(random));
                engine.put(key, bytes(value));
                model.put(key, value);
            }
            if (frozen == null && random.nextInt(2_000) == 0) {
                frozen = engine.freeze();
                expected = new TreeMap<>(model);
                Frozen state = frozen;
                written = CompletableFuture.supplyAsync(() -> snapshotOf(state));
            } else if (frozen != null && written.isDone() && random.nextInt(500) == 0) {
                MemoryEngine loaded = SnapshotFormat.read(new ByteArrayInputStream(written.get()));
                assertThat(contentOf(loaded)).isEqualTo(expected);
                assertThat(loaded.size()).isEqualTo(expected.size());
                frozen.close();
                frozen = null;
                snapshots++;
            }
        }
        assertThat(snapshots).isPositive();
        assertThat(contentOf(engine)).isEqualTo(model);
        assertThat(engine.size()).isEqualTo(model.size());
        assertThat(engine.bytes()).isEqualTo(bytesOf(model));
        for (Map.Entry<Key, String> entry : model.entrySet()) {
            assertThat(engine.get(entry.getKey())).isEqualTo(bytes(entry.getValue()));
        }
    }

    /** Many small ones, some of any size, few that are larger than any slot. */
    private static int sizes(Random random) {
        return switch (random.nextInt(200)) {
            case 0 -> 10_000;
            case 1, 2, 3 -> 1 + random.nextInt(1_000);
            default -> random.nextInt(10);
        };
    }

    private static long bytesOf(Map<Key, String> model) {
        return model.entrySet().stream()
                .mapToLong(e -> MemoryEngine.OVERHEAD_BYTES
                        + e.getKey().bytes().length
                        + e.getValue().length())
                .sum();
    }

    @Test
    void takesTombstonesAwayAfterTheSnapshot() {
        MemoryEngine engine = new MemoryEngine();
        for (int i = 0; i < 20_000; i++) {
            engine.put(Key.of("k" + i), bytes("v"));
        }
        Frozen frozen = engine.freeze();
        for (int i = 0; i < 20_000; i++) {
            engine.remove(Key.of("k" + i));
        }
        assertThat(engine.size()).isZero();
        assertThat(engine.bytes()).isZero();
        assertThat(engine.tombstones()).isEqualTo(20_000);
        frozen.close();
        for (int i = 0; i < 1_000; i++) {
            engine.remove(Key.of("none"));
        }
        assertThat(engine.tombstones()).isZero();
    }

    @Test
    void aKeyThatCameBackAfterItsTombstoneStays() {
        MemoryEngine engine = new MemoryEngine();
        engine.put(Key.of("a"), bytes("1"));
        Frozen frozen = engine.freeze();
        engine.remove(Key.of("a"));
        engine.put(Key.of("a"), bytes("2"));
        frozen.close();
        assertThat(engine.get(Key.of("a"))).isEqualTo(bytes("2"));
        assertThat(engine.size()).isEqualTo(1);
    }

    /** The reader comes by in scan order while the writer goes the other way, so that they meet in each round. */
    @Test
    void aFrozenStateIsTheSameWhereverReaderAndWriterMeet() throws Exception {
        MemoryEngine engine = new MemoryEngine();
        List<Key> keys = IntStream.range(0, 200)
                .mapToObj(i -> Key.of("k" + i))
                .sorted(Comparator.reverseOrder())
                .toList();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            keys.forEach(key -> engine.put(key, new byte[] {0}));
            for (int round = 0; round < 10_000; round++) {
                byte before = (byte) round;
                byte after = (byte) (round + 1);
                AtomicBoolean begun = new AtomicBoolean();
                Frozen frozen = engine.freeze();
                Future<?> read = reader.submit(() -> {
                    begun.set(true);
                    frozen.forEach((key, array, offset, length) -> {
                        if (array[offset] != before) {
                            throw new AssertionError(key + " has " + array[offset] + " in place of " + before);
                        }
                    });
                    return null;
                });
                while (!begun.get()) {
                    Thread.onSpinWait();
                }
                keys.forEach(key -> engine.put(key, new byte[] {after}));
                read.get();
                frozen.close();
            }
        } finally {
            reader.shutdownNow();
        }
    }

    /** Values of a frozen state stay while it is read, and their memory is there again afterwards, whatever is written. */
    @Test
    void takesTheMemoryOfKeptValuesAgain() {
        MemoryEngine engine = new MemoryEngine();
        byte[] value = new byte[1_000];
        for (int i = 0; i < 5_000; i++) {
            engine.put(Key.of("k" + i), value);
        }
        long before = engine.slabBytes();
        for (int round = 0; round < 10; round++) {
            Frozen frozen = engine.freeze();
            for (int i = 0; i < 5_000; i++) {
                engine.put(Key.of("k" + i), value);
            }
            frozen.close();
        }
        assertThat(before).isBetween(5_000_000L, 6_000_000L);
        assertThat(engine.slabBytes()).isBetween(before, 2 * before + 1_000_000);
        for (int i = 0; i < 5_000; i++) {
            engine.remove(Key.of("k" + i));
        }
        assertThat(engine.slabBytes()).isLessThan(before / 5);
    }

    @Test
    void refusesASecondFrozenState() {
        MemoryEngine engine = new MemoryEngine();
        Frozen first = engine.freeze();
        assertThatThrownBy(engine::freeze).isInstanceOf(IllegalStateException.class);
        first.close();
        engine.freeze().close();
    }

    /** The promise of docs/adr/0001: what is there throughout is returned exactly once, whatever comes and goes. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aCursorMeetsEveryKeyThatIsThereThroughoutExactlyOnce(long seed) {
        Random random = new Random(seed);
        MemoryEngine engine = new MemoryEngine();
        Set<String> stable = new HashSet<>();
        for (int i = 0; i < 3_000; i++) {
            stable.add("stable" + i);
            engine.put(Key.of("stable" + i), bytes("v"));
        }
        List<String> met = new ArrayList<>();
        long cursor = 0;
        while (cursor != Position.END) {
            cursor = engine.scan(cursor, Position.END, 1 + random.nextInt(50), key -> met.add(key.toString()));
            for (int i = 0; i < 20; i++) {
                Key key = Key.of("other" + random.nextInt(500));
                if (random.nextBoolean()) {
                    engine.put(key, bytes("w"));
                } else {
                    engine.remove(key);
                }
            }
        }
        assertThat(met.stream().filter(stable::contains).toList())
                .hasSize(3_000)
                .hasSameElementsAs(stable);
    }

    @Test
    void scansAHashSlotAlone() {
        MemoryEngine engine = new MemoryEngine();
        for (int i = 0; i < 100; i++) {
            engine.put(Key.of("{tag}" + i), bytes("v"));
            engine.put(Key.of("other" + i), bytes("v"));
        }
        assertThat(engine.countHashSlot(Key.of("tag").hashSlot())).isGreaterThanOrEqualTo(100);
        assertThat(engine.countHashSlot((Key.of("tag").hashSlot() + 1) % 16384)).isLessThan(100);
    }

    @Test
    void refusesADamagedSnapshotWhateverByteIsWrong() {
        MemoryEngine engine = new MemoryEngine();
        for (int i = 0; i < 5; i++) {
            engine.put(Key.of("key" + i), bytes("value" + i));
        }
        byte[] whole = snapshotOf(engine.freeze());
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x21;
            assertThatThrownBy(() -> SnapshotFormat.read(new ByteArrayInputStream(damaged)))
                    .as("byte %d", i)
                    .isInstanceOf(IOException.class);
            byte[] cut = java.util.Arrays.copyOf(whole, i);
            assertThatThrownBy(() -> SnapshotFormat.read(new ByteArrayInputStream(cut)))
                    .as("cut at %d", i)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void keepsTheBytesOfSnapshotVersion1() throws IOException {
        MemoryEngine engine = new MemoryEngine();
        engine.put(Key.of("a"), bytes("1"));
        engine.put(Key.of(""), new byte[0]);
        engine.put(Key.of("ключ"), new byte[200]);
        byte[] golden;
        try (var in = getClass().getResourceAsStream("/golden/v1/shard-snapshot.bin")) {
            golden = in == null ? new byte[0] : in.readAllBytes();
        }
        assertThat(snapshotOf(engine.freeze())).isEqualTo(golden);
        assertThat(contentOf(SnapshotFormat.read(new ByteArrayInputStream(golden))))
                .isEqualTo(contentOf(engine));
    }
}
