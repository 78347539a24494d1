package io.raftkv.kvserver.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values of an engine, in few arrays that live long: slabs, each cut into slots of one size (Bonwick, <i>The Slab
 * Allocator</i>, USENIX 1994).
 *
 * <p>A value with an array of its own outlives the young generation, is copied by the collector on its way into the old one,
 * and is garbage there once it is overwritten; and each write changes a reference in the old generation, which the collector
 * has to look at again. Slabs hold no references and stay where they are: of a write the collector notices nothing.
 *
 * <p>A place is the number of a slab and the offset of a slot in it. A value that is larger than the largest slot is a slab by
 * itself. A slab without values is left to the collector, so that its memory is there for values of another size.
 *
 * <p>Threads: one adds and frees; another one may read values that are not freed meanwhile.
 */
final class Slabs {
    /** No place. */
    static final long NONE = -1;

    /** Larger slots would leave much of a slab empty. */
    static final int MAX_SLOT_BYTES = 32 << 10;

    /** Less than half of the smallest region of G1, which gives whole regions to what is larger. */
    private static final int MAX_SLAB_BYTES = 256 << 10;

    private static final int MIN_SLAB_BYTES = 4 << 10;
    /** Before each value: its length; in a free slot the next free one. */
    private static final int HEAD_BYTES = Integer.BYTES;

    /** The place of a value that is a slab by itself has this in place of an offset. */
    private static final int WHOLE = -1;

    private static final int GRAIN_BYTES = 16;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final int[] SLOT_BYTES = slotSizes();
    /** The class for a slot of so many grains. */
    private static final byte[] CLASS_OF_GRAINS = classesOfGrains();

    private final SizeClass[] classes = new SizeClass[SLOT_BYTES.length];
    private final ArrayDeque<Integer> freeNumbers = new ArrayDeque<>();
    private int count;
    /** By number; null for a value by itself, and for a number that is free. */
    private @Nullable Slab[] slabs = new Slab[16];
    /** By number. Whoever reads values that stay finds their arrays in each table that was ever here. */
    private volatile byte[] @Nullable [] arrays = new byte[16][];

    Slabs() {
        Arrays.setAll(classes, i -> new SizeClass(SLOT_BYTES[i]));
    }

    /** Each is an eighth larger than the one before, at most: a slot is too large by a sixteenth of it, on average. */
    private static int[] slotSizes() {
        int[] sizes = new int[128];
        int n = 0;
        for (int size = GRAIN_BYTES;
                size < MAX_SLOT_BYTES;
                size += Math.max(GRAIN_BYTES, size / 8 / GRAIN_BYTES * GRAIN_BYTES)) {
            sizes[n++] = size;
        }
        sizes[n++] = MAX_SLOT_BYTES;
        return Arrays.copyOf(sizes, n);
    }

    private static byte[] classesOfGrains() {
        byte[] classes = new byte[MAX_SLOT_BYTES / GRAIN_BYTES + 1];
        int sizeClass = 0;
        for (int grains = 0; grains < classes.length; grains++) {
            if (grains * GRAIN_BYTES > SLOT_BYTES[sizeClass]) {
                sizeClass++;
            }
            classes[grains] = (byte) sizeClass;
        }
        return classes;
    }

    /** Stores a value and returns its place. Takes ownership of the array. */
    long add(byte[] value) {
        SizeClass sizeClass = classFor(value);
        return sizeClass == null ? place(register(value), WHOLE) : sizeClass.add(value);
    }

    /** Stores a value in place of the one at {@code place}, and returns its own. Takes ownership of the array. */
    long replace(long place, byte[] value) {
        Slab slab = slabs[number(place)];
        if (slab != null && slab.sizeClass == classFor(value)) {
            slab.write(slot(place), value);
            return place;
        }
        free(place);
        return add(value);
    }

    void free(long place) {
        Slab slab = slabs[number(place)];
        if (slab == null) {
            forget(number(place));
        } else {
            slab.sizeClass.free(slab, slot(place));
        }
    }

    int length(long place) {
        byte[] array = array(place);
        return slot(place) == WHOLE ? array.length : (int) INT.get(array, slot(place));
    }

    /** The value, in an array that nobody writes to. */
    byte[] get(long place) {
        byte[] array = array(place);
        int slot = slot(place);
        if (slot == WHOLE) {
            return array;
        }
        int offset = slot + HEAD_BYTES;
        return Arrays.copyOfRange(array, offset, offset + (int) INT.get(array, slot));
    }

    /** The array with the value, which begins at {@link #offset}; to be read before the value is freed. */
    byte[] array(long place) {
        return Objects.requireNonNull(arrays[number(place)], "a place that was freed");
    }

    static int offset(long place) {
        return slot(place) == WHOLE ? 0 : slot(place) + HEAD_BYTES;
    }

    private static long place(int number, int slot) {
        return (long) number << Integer.SIZE | Integer.toUnsignedLong(slot);
    }

    private static int number(long place) {
        return (int) (place >>> Integer.SIZE);
    }

    private static int slot(long place) {
        return (int) place;
    }

    /** What the slabs take, in bytes. */
    long bytes() {
        long bytes = 0;
        for (byte[] array : arrays) {
            bytes += array == null ? 0 : array.length;
        }
        return bytes;
    }

    /** Null for one that is larger than any slot. */
    private @Nullable SizeClass classFor(byte[] value) {
        return value.length > MAX_SLOT_BYTES - HEAD_BYTES
                ? null
                : classes[CLASS_OF_GRAINS[(value.length + HEAD_BYTES + GRAIN_BYTES - 1) / GRAIN_BYTES]];
    }

    /** Returns its number. */
    private int register(byte[] array) {
        Integer free = freeNumbers.poll();
        int number = free == null ? count++ : free;
        if (number == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * number);
            arrays = Arrays.copyOf(arrays, 2 * number);
        }
        arrays[number] = array;
        return number;
    }

    private void forget(int number) {
        slabs[number] = null;
        arrays[number] = null;
        freeNumbers.add(number);
    }

    /** The slabs with slots of one size. */
    private final class SizeClass {
        private final int slotBytes;
        /** Where the next value goes, if there is room. */
        private @Nullable Slab current;
        /** Others with room. */
        private final LinkedHashSet<Slab> withRoom = new LinkedHashSet<>();

        private long bytes;

        SizeClass(int slotBytes) {
            this.slotBytes = slotBytes;
        }

        long add(byte[] value) {
            Slab slab = current;
            if (slab == null || slab.isFull()) {
                slab = nextWithRoom();
                current = slab;
            }
            int slot = slab.take();
            slab.write(slot, value);
            return place(slab.number, slot);
        }

        private Slab nextWithRoom() {
            Iterator<Slab> others = withRoom.iterator();
            if (others.hasNext()) {
                Slab slab = others.next();
                others.remove();
                return slab;
            }
            // As much as there is already: an engine with few values takes little.
            long size = Math.max(MIN_SLAB_BYTES, Math.min(MAX_SLAB_BYTES, bytes));
            byte[] array = new byte[(int) Math.max(slotBytes, size / slotBytes * slotBytes)];
            bytes += array.length;
            int number = register(array);
            Slab slab = new Slab(number, array, this);
            slabs[number] = slab;
            return slab;
        }

        void free(Slab slab, int slot) {
            boolean wasFull = slab.isFull();
            slab.give(slot);
            if (slab == current) {
                return;
            }
            if (slab.used == 0) {
                withRoom.remove(slab);
                bytes -= slab.bytes.length;
                forget(slab.number);
            } else if (wasFull) {
                withRoom.add(slab);
            }
        }
    }

    private static final class Slab {
        private static final int NO_SLOT = -1;

        final int number;
        final byte[] bytes;
        final SizeClass sizeClass;
        int used;
        /** The first slot that was given back, and the first that was never taken. */
        private int free = NO_SLOT;

        private int untouched;

        Slab(int number, byte[] bytes, SizeClass sizeClass) {
            this.number = number;
            this.bytes = bytes;
            this.sizeClass = sizeClass;
        }

        boolean isFull() {
            return free == NO_SLOT && untouched == bytes.length;
        }

        int take() {
            used++;
            int slot = free;
            if (slot == NO_SLOT) {
                slot = untouched;
                untouched += sizeClass.slotBytes;
            } else {
                free = (int) INT.get(bytes, slot);
            }
            return slot;
        }

        void give(int slot) {
            used--;
            INT.set(bytes, slot, free);
            free = slot;
        }

        void write(int slot, byte[] value) {
            INT.set(bytes, slot, value.length);
            System.arraycopy(value, 0, bytes, slot + HEAD_BYTES, value.length);
        }
    }
}
