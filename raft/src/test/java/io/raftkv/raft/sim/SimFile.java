package io.raftkv.raft.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What a file holds: the bytes a process sees, those that would survive anything, and the writes between the two. */
final class SimFile {
    static final int SECTOR_BYTES = 512;

    private byte[] seen = new byte[0];
    private byte[] durable = new byte[0];
    private List<Write> unsynced = new ArrayList<>();

    private static final class Write {
        final int position;
        final byte[] data;
        boolean doomed;

        Write(int position, byte[] data) {
            this.position = position;
            this.data = data;
        }

        int end() {
            return position + data.length;
        }

        void addPart(int from, int to, List<Write> parts) {
            if (from < to) {
                Write part = new Write(from, Arrays.copyOfRange(data, from - position, to - position));
                part.doomed = doomed;
                parts.add(part);
            }
        }

        void applyTo(byte[] target, int from, int to) {
            int start = Math.max(from, position);
            int end = Math.min(to, end());
            if (start < end) {
                System.arraycopy(data, start - position, target, start, end - start);
            }
        }
    }

    int size() {
        return seen.length;
    }

    byte[] seen() {
        return seen;
    }

    byte[] durable() {
        return durable;
    }

    void write(int position, byte[] data) {
        Write write = new Write(position, data);
        unsynced.add(write);
        seen = grown(seen, write.end());
        write.applyTo(seen, 0, seen.length);
    }

    void force() {
        List<Write> doomed = new ArrayList<>();
        for (Write write : unsynced) {
            if (write.doomed) {
                doomed.add(write);
            } else {
                durable = grown(durable, write.end());
                write.applyTo(durable, 0, durable.length);
                doomed = without(doomed, write);
            }
        }
        unsynced = doomed;
    }

    /** What was written again is durable, whatever became of the earlier attempt. */
    private static List<Write> without(List<Write> doomed, Write again) {
        List<Write> left = new ArrayList<>();
        for (Write write : doomed) {
            write.addPart(write.position, Math.min(write.end(), again.position), left);
            write.addPart(Math.max(write.position, again.end()), write.end(), left);
        }
        return left;
    }

    /** An fsync that failed: the kernel takes the pages for clean, so that no later fsync writes them out. */
    void failForce() {
        unsynced.forEach(write -> write.doomed = true);
    }

    void flipBit(int offset, int bit) {
        seen = seen.clone();
        seen[offset] ^= (byte) (1 << bit);
        if (offset < durable.length) {
            durable = durable.clone();
            durable[offset] ^= (byte) (1 << bit);
        }
    }

    void crash(SimDisk.Survival survival, Random random, SimDisk.Counters counters) {
        int[] survivors = new int[unsynced.size()];
        byte[] after =
                switch (survival) {
                    case NOTHING -> durable;
                    case EVERYTHING -> survive(sector -> unsynced.size(), survivors);
                    case RANDOM -> surviveAtRandom(random, survivors);
                };
        for (int i = 0; i < survivors.length; i++) {
            Write write = unsynced.get(i);
            int sectors =
                    write.data.length == 0 ? 0 : (write.end() - 1) / SECTOR_BYTES - write.position / SECTOR_BYTES + 1;
            counters.count(survivors[i], sectors);
        }
        if (survival == SimDisk.Survival.RANDOM && random.nextBoolean()) {
            // The new size of the file was written, what lies in it was not.
            after = grown(after, seen.length);
        }
        seen = after;
        durable = after;
        unsynced = new ArrayList<>();
    }

    /** A sector holds what the cache held of it at some moment since the last sync; the moments may differ. */
    private byte[] surviveAtRandom(Random random, int[] survivors) {
        int writes = unsynced.size();
        if (random.nextBoolean()) {
            int moment = random.nextInt(writes + 1);
            return survive(sector -> moment, survivors);
        }
        return survive(sector -> random.nextInt(writes + 1), survivors);
    }

    private interface Moment {
        /** How many of the writes, in their order, had reached the sector. */
        int of(int sector);
    }

    private byte[] survive(Moment moment, int[] survivors) {
        byte[] after = durable;
        for (int sector = 0; sector * SECTOR_BYTES < seen.length; sector++) {
            int from = sector * SECTOR_BYTES;
            int to = Math.min(from + SECTOR_BYTES, seen.length);
            int reached = moment.of(sector);
            for (int i = 0; i < reached; i++) {
                Write write = unsynced.get(i);
                if (write.position < to && write.end() > from) {
                    if (after == durable) {
                        after = durable.clone();
                    }
                    after = grown(after, Math.min(to, write.end()));
                    write.applyTo(after, from, to);
                    survivors[i]++;
                }
            }
        }
        return after;
    }

    private static byte[] grown(byte[] bytes, int length) {
        return length <= bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
