package io.raftkv.raft.sim;

import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A disk in memory that loses what was not synced.
 *
 * <p>Every file has durable bytes and a list of unsynced writes. When the power fails each 512-byte sector holds what the
 * cache held of it at some moment since the last sync, and the moments of different sectors are independent: writes are
 * lost, kept or torn, in any order. Of the unsynced changes of a directory a prefix survives. The same seed and the same
 * calls give the same disk.
 *
 * <p>Threads: one.
 */
public final class SimDisk implements Disk {
    /** What can be made to fail. All but {@link #READ} count as {@linkplain #operations() operations}. */
    public enum Operation {
        CREATE,
        WRITE,
        FORCE,
        RENAME,
        DELETE,
        FORCE_DIRECTORY,
        READ
    }

    /** What a power failure leaves of what was not synced. */
    public enum Survival {
        NOTHING,
        EVERYTHING,
        RANDOM
    }

    /** Thrown by the operation at which the power fails, and by all later ones until {@link #crash}. */
    public static final class PowerLost extends IOException {
        private static final long serialVersionUID = 1;

        PowerLost() {
            super("the power failed");
        }
    }

    /** How the unsynced writes fared in all crashes so far. */
    public static final class Counters {
        private long lost;
        private long torn;
        private long kept;
        private long lostNames;

        void count(int survivingSectors, int sectors) {
            if (survivingSectors == 0) {
                lost++;
            } else if (survivingSectors < sectors) {
                torn++;
            } else {
                kept++;
            }
        }

        public long lostWrites() {
            return lost;
        }

        public long tornWrites() {
            return torn;
        }

        public long keptWrites() {
            return kept;
        }

        /** Created, renamed or deleted names that were forgotten. */
        public long lostNames() {
            return lostNames;
        }
    }

    /** A change of a directory: null stands for a name that is gone. A rename changes two names at once. */
    private record NameChange(Map<String, SimFile> names) {
        void applyTo(Map<String, SimFile> directory) {
            names.forEach((name, file) -> {
                if (file == null) {
                    directory.remove(name);
                } else {
                    directory.put(name, file);
                }
            });
        }
    }

    private static final class Directory {
        final TreeMap<String, SimFile> seen = new TreeMap<>();
        final TreeMap<String, SimFile> durable = new TreeMap<>();
        final List<NameChange> unsynced = new ArrayList<>();

        void change(NameChange change) {
            change.applyTo(seen);
            unsynced.add(change);
        }

        void force() {
            durable.clear();
            durable.putAll(seen);
            unsynced.clear();
        }

        void crash(int surviving, Counters counters) {
            unsynced.subList(0, surviving).forEach(change -> change.applyTo(durable));
            counters.lostNames += unsynced.size() - surviving;
            unsynced.clear();
            seen.clear();
            seen.putAll(durable);
        }
    }

    private final Random random;
    private final TreeMap<String, Directory> directories = new TreeMap<>();
    /** Whose names would not survive any crash. */
    private final TreeSet<String> unsyncedDirectories = new TreeSet<>();

    private final TreeSet<String> locks = new TreeSet<>();
    private final Map<Operation, Double> chances = new EnumMap<>(Operation.class);
    private final Map<Operation, Integer> failing = new EnumMap<>(Operation.class);
    private final Counters counters = new Counters();
    private long operations;
    private long forces;
    private long stopAt = Long.MAX_VALUE;
    private boolean stopped;
    private long capacityBytes = Long.MAX_VALUE;
    private int life;

    public SimDisk(long seed) {
        this.random = new Random(seed);
        directories.put("", new Directory());
    }

    // --- what the world does to it

    /** The power fails: unsynced writes and names fare at random; all open files and locks are gone. */
    public void crash() {
        crash(Survival.RANDOM);
    }

    public void crash(Survival survival) {
        loseDirectories(survival);
        TreeMap<String, SimFile> lost = new TreeMap<>();
        for (Map.Entry<String, Directory> entry : directories.entrySet()) {
            Directory directory = entry.getValue();
            int changes = directory.unsynced.size();
            int surviving =
                    switch (survival) {
                        case NOTHING -> 0;
                        case EVERYTHING -> changes;
                        case RANDOM -> random.nextInt(changes + 1);
                    };
            directory.crash(surviving, counters);
            directory.seen.forEach((name, file) -> lost.put(entry.getKey() + "/" + name, file));
        }
        lost.values().forEach(file -> file.crash(survival, random, counters));
        kill();
    }

    /** A directory that is lost takes with it what was synced in it. */
    private void loseDirectories(Survival survival) {
        for (String directory : unsyncedDirectories) {
            if (survival == Survival.NOTHING || survival == Survival.RANDOM && random.nextBoolean()) {
                directories.remove(directory);
                counters.lostNames++;
            }
        }
        unsyncedDirectories.clear();
    }

    /** The process dies and the machine goes on: open files and locks are gone, unsynced writes stay in the cache. */
    public void kill() {
        life++;
        locks.clear();
        stopped = false;
        stopAt = Long.MAX_VALUE;
    }

    /** The power fails in the operation after which {@link #operations()} would be {@code operation}. */
    public void stopAt(long operation) {
        stopAt = operation;
    }

    /** Whether the power failed there. */
    public boolean hasStopped() {
        return stopped;
    }

    /** The next {@code times} operations of this kind fail with an I/O error. */
    public void failNext(Operation operation, int times) {
        failing.put(operation, times);
    }

    /** Each operation of this kind fails with the given chance in [0, 1]. */
    public void failAtRandom(Operation operation, double chance) {
        chances.put(operation, chance);
    }

    /** Writes that would make all files together larger fail, having written what fits. */
    public void setCapacityBytes(long bytes) {
        capacityBytes = bytes;
    }

    /** Bit rot. */
    public void flipBit(String path, int offset, int bit) {
        file(path).flipBit(offset, bit);
    }

    /** What would survive any crash, at one moment. */
    public static final class Image {
        private final TreeMap<String, TreeMap<String, byte[]>> directories = new TreeMap<>();

        /** The content of a file, empty if there is none. */
        public byte[] content(String path) {
            return directories
                    .getOrDefault(parent(path), new TreeMap<>())
                    .getOrDefault(name(path), new byte[0])
                    .clone();
        }
    }

    public Image image() {
        Image image = new Image();
        directories.forEach((name, directory) -> {
            TreeMap<String, byte[]> files = new TreeMap<>();
            directory.durable.forEach(
                    (file, content) -> files.put(file, content.durable().clone()));
            image.directories.put(name, files);
        });
        return image;
    }

    /** Somebody puts back what was there when {@code image} was made; no process may run. */
    public void restore(Image image) {
        directories.clear();
        image.directories.forEach((name, files) -> {
            directories.put(name, new Directory());
            files.forEach((file, content) -> put(name.isEmpty() ? file : name + "/" + file, content));
        });
        kill();
    }

    // --- what the world may look at

    /** Creations, writes, syncs, renames and deletions so far, failed ones too. */
    public long operations() {
        return operations;
    }

    /** Syncs of files so far. */
    public long forces() {
        return forces;
    }

    public Counters counters() {
        return counters;
    }

    /** What a process would read. */
    public byte[] content(String path) {
        return file(path).seen().clone();
    }

    /** What would survive any crash; empty if the name itself would not. */
    public byte[] durableContent(String path) {
        SimFile file = directory(path).durable.get(name(path));
        return file == null ? new byte[0] : file.durable().clone();
    }

    /** The names of the files in {@code directory} that would survive any crash. */
    public List<String> durableNames(String directory) {
        Directory found = directories.get(directory);
        return found == null ? List.of() : List.copyOf(found.durable.keySet());
    }

    public long usedBytes() {
        long used = 0;
        for (Directory directory : directories.values()) {
            for (SimFile file : directory.seen.values()) {
                used += file.size();
            }
        }
        return used;
    }

    /** Puts a durable file there, replacing any other. */
    public void put(String path, byte[] content) {
        directories.computeIfAbsent(parent(path), name -> new Directory());
        SimFile file = new SimFile();
        file.write(0, content.clone());
        file.force();
        directory(path).seen.put(name(path), file);
        directory(path).durable.put(name(path), file);
    }

    // --- what the server does with it

    @Override
    public List<String> list(String directory) {
        TreeSet<String> names = new TreeSet<>();
        if (directories.containsKey(directory)) {
            names.addAll(directories.get(directory).seen.keySet());
        }
        for (String other : directories.keySet()) {
            if (!other.isEmpty() && parent(other).equals(directory)) {
                names.add(name(other));
            }
        }
        return List.copyOf(names);
    }

    @Override
    public boolean exists(String path) {
        Directory found = directories.get(parent(path));
        return found != null && found.seen.containsKey(name(path));
    }

    @Override
    public void createDirectory(String directory) {
        for (int slash = directory.indexOf('/'); slash >= 0; slash = directory.indexOf('/', slash + 1)) {
            directories.computeIfAbsent(directory.substring(0, slash), name -> new Directory());
        }
        directories.computeIfAbsent(directory, name -> new Directory());
    }

    @Override
    public void nameDirectory(String directory) throws IOException {
        begin(Operation.CREATE);
        if (!directories.containsKey(parent(directory))) {
            throw new FileNotFoundException(parent(directory));
        }
        if (!directories.containsKey(directory)) {
            directories.put(directory, new Directory());
            unsyncedDirectories.add(directory);
        }
        end();
    }

    @Override
    public DiskFile create(String path) throws IOException {
        begin(Operation.CREATE);
        if (exists(path)) {
            throw new FileAlreadyExistsException(path);
        }
        change(path, new SimFile(), path, null);
        end();
        return new OpenFile(file(path));
    }

    @Override
    public DiskFile open(String path) throws IOException {
        if (!exists(path)) {
            throw new FileNotFoundException(path);
        }
        return new OpenFile(file(path));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        begin(Operation.RENAME);
        if (!exists(from)) {
            throw new FileNotFoundException(from);
        }
        if (!parent(from).equals(parent(to))) {
            throw new IllegalArgumentException(from + " cannot be renamed to another directory, " + to);
        }
        change(to, file(from), from, null);
        end();
    }

    @Override
    public void delete(String path) throws IOException {
        begin(Operation.DELETE);
        if (exists(path)) {
            change(path, null, path, null);
        }
        end();
    }

    @Override
    public void forceDirectory(String directory) throws IOException {
        begin(Operation.FORCE_DIRECTORY);
        end();
        directories.get(directory).force();
        unsyncedDirectories.removeIf(named -> parent(named).equals(directory));
    }

    @Override
    public long usableBytes() {
        return Math.max(0, capacityBytes - usedBytes());
    }

    @Override
    public Closeable lock(String path) throws IOException {
        if (!locks.add(path)) {
            throw new LogException(
                    path,
                    -1,
                    "the data folder is in use by another process",
                    "stop that process, or give this one a folder of its own");
        }
        int lockedIn = life;
        return () -> {
            if (lockedIn == life) {
                locks.remove(path);
            }
        };
    }

    private void change(String path, SimFile file, String other, SimFile otherFile) {
        // An ordinary map takes null, which stands for a deletion.
        TreeMap<String, SimFile> names = new TreeMap<>();
        names.put(name(other), otherFile);
        names.put(name(path), file);
        directory(path).change(new NameChange(names));
    }

    private void begin(Operation operation) throws IOException {
        if (stopped) {
            throw new PowerLost();
        }
        if (operation != Operation.READ) {
            operations++;
        }
        int left = failing.getOrDefault(operation, 0);
        boolean fails =
                left > 0 || chances.getOrDefault(operation, 0.0) > 0 && random.nextDouble() < chances.get(operation);
        if (fails) {
            failing.put(operation, Math.max(0, left - 1));
            throw new IOException("input/output error (" + operation + ")");
        }
    }

    /** What was done before this call is in the cache when the power fails; a sync that was about to be done is not done. */
    private void end() throws PowerLost {
        if (operations >= stopAt) {
            stopped = true;
            throw new PowerLost();
        }
    }

    private SimFile file(String path) {
        SimFile file = directory(path).seen.get(name(path));
        if (file == null) {
            throw new IllegalArgumentException("there is no file " + path);
        }
        return file;
    }

    private Directory directory(String path) {
        Directory directory = directories.get(parent(path));
        if (directory == null) {
            throw new IllegalArgumentException("there is no directory of " + path);
        }
        return directory;
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private final class OpenFile implements DiskFile {
        private final SimFile file;
        private final int openedIn = life;
        private boolean closed;

        OpenFile(SimFile file) {
            this.file = file;
        }

        private void check() throws IOException {
            if (closed || openedIn != life) {
                throw new IOException(closed ? "the file is closed" : "the process that opened the file is dead");
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            check();
            begin(Operation.READ);
            int length = (int) Math.max(0, Math.min(target.remaining(), file.size() - position));
            target.put(file.seen(), (int) Math.min(position, file.size()), length);
            return length;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            check();
            begin(Operation.WRITE);
            byte[] data = new byte[source.remaining()];
            long growth = Math.max(0, position + data.length - file.size());
            long missing = capacityBytes == Long.MAX_VALUE ? 0 : growth - Math.min(growth, usableBytes());
            source.get(data);
            if (missing > 0) {
                int fits = (int) Math.max(0, data.length - missing);
                file.write((int) position, java.util.Arrays.copyOf(data, fits));
                throw new IOException("no space left on device");
            }
            file.write((int) position, data);
            end();
        }

        @Override
        public void force() throws IOException {
            check();
            try {
                begin(Operation.FORCE);
            } catch (IOException e) {
                file.failForce();
                throw e;
            }
            end();
            forces++;
            file.force();
        }

        @Override
        public long size() throws IOException {
            check();
            return file.size();
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
