package io.raftkv.raft.sim;

import io.raftkv.raft.log.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A server's disk as one of its lives sees it: operations take virtual time, the life can end in the middle of any of
 * them, and after its end nothing reaches the disk any more.
 */
final class FaultDisk implements Disk {
    /** How the names of snapshots end that are being received. */
    private static final String RECEIVED = ".part";

    private final SimWorld world;
    private final SimProcess process;
    private final Disk disk;
    private final Runnable powerLoss;
    private double forceNanos;
    private long stallNanos;
    private long stallReceivedNanos;
    private Runnable onReceived;
    private int operationsToPowerLoss = -1;
    private final List<Sync> syncs = new ArrayList<>();

    /** @param powerLoss called in the middle of an operation when the process dies there */
    FaultDisk(SimWorld world, SimProcess process, Disk disk, double forceNanos, Runnable powerLoss) {
        this.world = world;
        this.process = process;
        this.disk = disk;
        this.forceNanos = forceNanos;
        this.powerLoss = powerLoss;
    }

    void forceTakes(double nanos) {
        forceNanos = nanos;
    }

    /** The next sync takes {@code nanos}. */
    void stall(long nanos) {
        stallNanos = nanos;
    }

    /** To rename the next snapshot that was received takes {@code nanos}; {@code then} runs when that begins. */
    void stallReceived(long nanos, Runnable then) {
        stallReceivedNanos = nanos;
        onReceived = then;
    }

    /** Ends the process in the {@code count}-th operation from now on that changes something, counted from 1. */
    void losePowerAfter(int count) {
        operationsToPowerLoss = count;
    }

    private void alive() {
        if (!process.alive()) {
            throw new PowerLoss();
        }
    }

    /** Called before and after a change, so that power is lost on either side of it. */
    private void changing() throws IOException {
        alive();
        finishSyncs();
        if (operationsToPowerLoss > 0 && --operationsToPowerLoss == 0) {
            powerLoss.run();
            throw new PowerLoss();
        }
    }

    private void spend(double meanNanos) {
        if (world.current() != null) {
            world.current().spend(world.exponential(meanNanos));
        }
    }

    /** A sync under way. */
    private static final class Sync {
        private final SimThread thread;
        /** The sync itself, and the writes that come after it. */
        private final List<Action> actions = new ArrayList<>();

        Sync(SimThread thread, Action action) {
            this.thread = thread;
            actions.add(action);
        }

        void finish() throws IOException {
            for (Action action : actions) {
                action.run();
            }
            actions.clear();
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    /**
     * Syncs, which takes time: power lost before its end finds nothing synced. Writes that the thread makes next come
     * after that end, and so does everything that others hear from it; other operations cut the time short.
     */
    private void sync(Action action) throws IOException {
        SimThread thread = world.current();
        if (thread == null) {
            action.run();
            return;
        }
        thread.spend(stallNanos);
        stallNanos = 0;
        spend(forceNanos);
        Sync sync = new Sync(thread, action);
        syncs.add(sync);
        world.at(world.nowNanos() + thread.cost(), process, () -> {
            try {
                if (syncs.remove(sync)) {
                    sync.finish();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void finishSyncs() throws IOException {
        for (Sync sync : List.copyOf(syncs)) {
            if (sync.thread == world.current()) {
                syncs.remove(sync);
                sync.finish();
            }
        }
    }

    /** The last sync that the running thread began and that did not end yet, or null. */
    private Sync newestSync() {
        for (int i = syncs.size() - 1; i >= 0; i--) {
            if (syncs.get(i).thread == world.current()) {
                return syncs.get(i);
            }
        }
        return null;
    }

    @Override
    public List<String> list(String directory) throws IOException {
        alive();
        return disk.list(directory);
    }

    @Override
    public boolean exists(String path) throws IOException {
        alive();
        return disk.exists(path);
    }

    @Override
    public void createDirectory(String directory) throws IOException {
        changing();
        disk.createDirectory(directory);
    }

    @Override
    public void nameDirectory(String directory) throws IOException {
        changing();
        disk.nameDirectory(directory);
    }

    @Override
    public DiskFile create(String path) throws IOException {
        changing();
        return new File(disk.create(path));
    }

    @Override
    public DiskFile open(String path) throws IOException {
        alive();
        return new File(disk.open(path));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        changing();
        disk.rename(from, to);
        if (onReceived != null && from.endsWith(RECEIVED)) {
            Runnable then = onReceived;
            onReceived = null;
            world.current().spend(stallReceivedNanos);
            world.after(0, then);
        }
        changing();
    }

    @Override
    public void delete(String path) throws IOException {
        changing();
        disk.delete(path);
        changing();
    }

    @Override
    public void forceDirectory(String directory) throws IOException {
        changing();
        sync(() -> disk.forceDirectory(directory));
    }

    @Override
    public Closeable lock(String path) throws IOException {
        alive();
        return disk.lock(path);
    }

    @Override
    public long usableBytes() throws IOException {
        alive();
        return disk.usableBytes();
    }

    private final class File implements DiskFile {
        private final DiskFile file;

        File(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            alive();
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            Sync sync = newestSync();
            if (sync != null) {
                ByteBuffer copy =
                        ByteBuffer.allocate(source.remaining()).put(source).flip();
                sync.actions.add(() -> file.write(copy, position));
                return;
            }
            changing();
            file.write(source, position);
            spend(20_000);
            changing();
        }

        @Override
        public void force() throws IOException {
            changing();
            sync(file::force);
        }

        @Override
        public long size() throws IOException {
            alive();
            return file.size();
        }

        @Override
        public void close() throws IOException {
            alive();
            finishSyncs();
            file.close();
        }
    }
}
