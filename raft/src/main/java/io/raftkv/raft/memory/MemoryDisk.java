package io.raftkv.raft.memory;

import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A data folder in memory. Give the same disk to the next life of a server and it finds what the last one wrote, as on a
 * machine that did not lose power: every write counts at once.
 *
 * <p>Threads: any.
 */
public final class MemoryDisk implements Disk {
    private static final long CAPACITY_BYTES = 1L << 40;

    private final TreeMap<String, Content> files = new TreeMap<>();
    private final TreeSet<String> directories = new TreeSet<>(Set.of(""));
    private final TreeSet<String> locks = new TreeSet<>();

    @Override
    public synchronized List<String> list(String directory) {
        String prefix = directory.isEmpty() ? "" : directory + "/";
        TreeSet<String> names = new TreeSet<>();
        for (Set<String> paths : List.of(files.keySet(), directories)) {
            for (String path : paths) {
                if (path.startsWith(prefix) && path.length() > prefix.length()) {
                    int slash = path.indexOf('/', prefix.length());
                    names.add(path.substring(prefix.length(), slash < 0 ? path.length() : slash));
                }
            }
        }
        return List.copyOf(names);
    }

    @Override
    public synchronized boolean exists(String path) {
        return files.containsKey(path) || directories.contains(path);
    }

    @Override
    public synchronized void createDirectory(String directory) {
        for (int slash = directory.indexOf('/'); slash >= 0; slash = directory.indexOf('/', slash + 1)) {
            directories.add(directory.substring(0, slash));
        }
        directories.add(directory);
    }

    @Override
    public synchronized void nameDirectory(String directory) throws IOException {
        if (!directories.contains(parent(directory))) {
            throw new NoSuchFileException(parent(directory));
        }
        directories.add(directory);
    }

    @Override
    public synchronized DiskFile create(String path) throws IOException {
        if (!directories.contains(parent(path))) {
            throw new NoSuchFileException(parent(path));
        }
        if (exists(path)) {
            throw new FileAlreadyExistsException(path);
        }
        Content content = new Content();
        files.put(path, content);
        return new OpenFile(content);
    }

    @Override
    public synchronized DiskFile open(String path) throws IOException {
        return new OpenFile(content(path));
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        if (!directories.contains(parent(to))) {
            throw new NoSuchFileException(parent(to));
        }
        files.put(to, content(from));
        files.remove(from);
    }

    @Override
    public synchronized void delete(String path) {
        files.remove(path);
    }

    /** Nothing to do: names count at once. */
    @Override
    public void forceDirectory(String directory) {}

    @Override
    public synchronized long usableBytes() {
        return CAPACITY_BYTES - files.values().stream().mapToLong(Content::size).sum();
    }

    @Override
    public synchronized Closeable lock(String path) throws IOException {
        if (!locks.add(path)) {
            throw new LogException(
                    "memory/" + path,
                    -1,
                    "the disk is in use by another server of this process",
                    "close that one, or give this one a disk of its own");
        }
        return () -> {
            synchronized (this) {
                locks.remove(path);
            }
        };
    }

    @Override
    public String toString() {
        return "memory";
    }

    private Content content(String path) throws IOException {
        Content content = files.get(path);
        if (content == null) {
            throw new NoSuchFileException(path);
        }
        return content;
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    /** The bytes of a file; those who have it open keep it when its name goes. */
    private static final class Content {
        private byte[] bytes = new byte[1024];
        private int size;

        synchronized int read(ByteBuffer target, long position) {
            int count = (int) Math.max(0, Math.min(target.remaining(), size - position));
            if (count > 0) {
                target.put(bytes, (int) position, count);
            }
            return count;
        }

        synchronized void write(ByteBuffer source, long position) throws IOException {
            long end = position + source.remaining();
            if (end > Integer.MAX_VALUE - 8) {
                throw new IOException("a file in memory cannot grow beyond 2 GiB");
            }
            if (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(end, 2L * bytes.length)));
            }
            source.get(bytes, (int) position, source.remaining());
            size = Math.max(size, (int) end);
        }

        synchronized long size() {
            return size;
        }
    }

    private static final class OpenFile implements DiskFile {
        private final Content content;

        OpenFile(Content content) {
            this.content = content;
        }

        @Override
        public int read(ByteBuffer target, long position) {
            return content.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            content.write(source, position);
        }

        /** Nothing to do: writes count at once. */
        @Override
        public void force() {}

        @Override
        public long size() {
            return content.size();
        }

        @Override
        public void close() {}
    }
}
