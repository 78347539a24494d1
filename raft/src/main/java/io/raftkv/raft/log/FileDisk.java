package io.raftkv.raft.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of the machine's file system.
 *
 * <p>Threads: any. A thread that uses it must not be interrupted: {@link FileChannel} closes itself for good when that
 * happens, and the log then takes it for the disk failing.
 */
public final class FileDisk implements Disk {
    /** Heap buffers go through a direct copy that the JDK keeps per thread; this bounds it. */
    private static final int HEAP_STEP_BYTES = 256 << 10;

    private static final boolean WINDOWS =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows");

    private final Path root;

    /** @param root the data folder; created if it is missing */
    public FileDisk(Path root) throws IOException {
        this.root = root.toAbsolutePath().normalize();
        createDurably(this.root);
    }

    /** The folder, as an absolute path. */
    public Path root() {
        return root;
    }

    @Override
    public List<String> list(String directory) throws IOException {
        Path path = resolve(directory);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public boolean exists(String path) {
        return Files.exists(resolve(path));
    }

    @Override
    public void createDirectory(String directory) throws IOException {
        createDurably(resolve(directory));
    }

    @Override
    public void nameDirectory(String directory) throws IOException {
        Path path = resolve(directory);
        if (!Files.isDirectory(path)) {
            Files.createDirectory(path);
        }
    }

    private static void createDurably(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            createDurably(parent);
        }
        Files.createDirectories(directory);
        if (parent != null) {
            force(parent);
        }
    }

    @Override
    public DiskFile create(String path) throws IOException {
        return new ChannelFile(FileChannel.open(
                resolve(path), StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public DiskFile open(String path) throws IOException {
        return new ChannelFile(FileChannel.open(resolve(path), StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(resolve(from), resolve(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(String path) throws IOException {
        Files.deleteIfExists(resolve(path));
    }

    @Override
    public void forceDirectory(String directory) throws IOException {
        force(resolve(directory));
    }

    private static void force(Path directory) throws IOException {
        if (WINDOWS) {
            // A directory cannot be opened there; NTFS journals its names.
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    @Override
    public Closeable lock(String path) throws IOException {
        Path file = resolve(path);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (tryLock(channel) == null) {
                throw new LogException(
                        file.getParent() + "",
                        -1,
                        "the data folder is in use by " + holder(channel),
                        "stop that process, or give this one a folder of its own");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another part of this very process has it.
            return null;
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(20);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).trim();
        return pid.isEmpty() ? "another process" : "process " + pid;
    }

    private Path resolve(String path) {
        Path resolved = root.resolve(path).normalize();
        if (!resolved.startsWith(root)) {
            throw new IllegalArgumentException(path + " leads out of " + root);
        }
        return resolved;
    }

    @Override
    public String toString() {
        return root.toString();
    }

    private static final class ChannelFile implements DiskFile {
        private final FileChannel channel;

        ChannelFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            int start = target.position();
            int limit = target.limit();
            try {
                while (target.position() < limit) {
                    target.limit(target.isDirect() ? limit : Math.min(limit, target.position() + HEAP_STEP_BYTES));
                    if (channel.read(target, position + target.position() - start) < 0) {
                        break;
                    }
                }
            } finally {
                target.limit(limit);
            }
            return target.position() - start;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            int start = source.position();
            int limit = source.limit();
            while (source.position() < limit) {
                source.limit(source.isDirect() ? limit : Math.min(limit, source.position() + HEAP_STEP_BYTES));
                channel.write(source, position + source.position() - start);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
