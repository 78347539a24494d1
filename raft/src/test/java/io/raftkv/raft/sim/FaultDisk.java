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

    private static final String ERROR = "input/output error";

    private final SimWorld world;
    private final SimProcess process;
    private final SimDisk disk;
    private final Runnable powerLoss;
    private double forceNanos;
    private long stallNanos;
    private long stallReceivedNanos;
    private Runnable onReceived;
    private int operationsToPowerLoss = -1;
    private Failure failure;
    private int operationsToFailure;
    private Runnable failing;
    private boolean failed;
    private boolean mustStop;
    private final List<Sync> syncs = new ArrayList<>();

    /** An operation that ends in an I/O error. */
    enum Failure {
        READ,
        WRITE,
        FORCE
    }

    /** @param powerLoss called in the middle of an operation when the process dies there */
    FaultDisk(SimWorld world, SimProcess process, SimDisk disk, double forceNanos, Runnable powerLoss) {
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

    /**
     * The {@code count}-th operation of that kind from now on fails, counted from 1.
     *
     * @param failing told when it does
     */
    void failAfter(Failure kind, int count, Runnable failing) {
        failure = kind;
        this.failing = failing;
        operationsToFailure = count;
    }

    /** Whether an operation of this life failed. */
    boolean hasFailed() {
        return failed;
    }

    /** Whether one failed after which a server must not go on. */
    boolean mustStop() {
        return mustStop;
    }

    private boolean failsNow(Failure kind, String path) {
        boolean now = failure == kind && --operationsToFailure == 0;
        if (now) {
            failure = null;
            failed = true;
            // A snapshot may be taken another time, and a mark that stays makes a replica recover once more.
            mustStop = kind != Failure.READ && !path.startsWith("snapshots") && !path.startsWith("recovery");
            world.trace(() -> process + " gets an I/O error: " + kind + " of " + path);
            failing.run();
        }
        return now;
    }

    private static IOException error(Failure kind) {
        return new IOException(ERROR + " (" + kind + ")");
    }

    /** Whether {@code failure} comes from an operation that failed here. */
    static boolean isError(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).startsWith(ERROR)) {
                return true;
            }
        }
        return false;
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
        return new File(path, disk.create(path));
    }

    @Override
    public DiskFile open(String path) throws IOException {
        alive();
        return new File(path, disk.open(path));
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
        if (failsNow(Failure.FORCE, directory)) {
            throw error(Failure.FORCE);
        }
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
        private final String path;
        private final DiskFile file;

        File(String path, DiskFile file) {
            this.path = path;
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            alive();
            if (failsNow(Failure.READ, path)) {
                throw error(Failure.READ);
            }
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            if (failsNow(Failure.WRITE, path)) {
                changing();
                // A part of it may be there.
                ByteBuffer part = source.duplicate();
                part.limit(part.position() + world.random.nextInt(part.remaining() + 1));
                file.write(part, position);
                throw error(Failure.WRITE);
            }
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
            if (failsNow(Failure.FORCE, path)) {
                disk.failNext(SimDisk.Operation.FORCE, 1);
                file.force();
                throw new IllegalStateException("the sync of " + path + " was to fail");
            }
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
