package io.raftkv.raft.driver;

import io.raftkv.raft.RaftMetrics;
import io.raftkv.raft.log.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The disk of the log, which tells how long its syncs take. Every method of {@link Disk} goes on to the disk below, those with a
 * default too; a test walks them.
 *
 * <p>Threads: any.
 */
final class MeteredDisk implements Disk {
    private final Disk disk;
    private final RaftMetrics metrics;

    MeteredDisk(Disk disk, RaftMetrics metrics) {
        this.disk = disk;
        this.metrics = metrics;
    }

    @Override
    public List<String> list(String directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public boolean exists(String path) throws IOException {
        return disk.exists(path);
    }

    @Override
    public void createDirectory(String directory) throws IOException {
        disk.createDirectory(directory);
    }

    @Override
    public void nameDirectory(String directory) throws IOException {
        disk.nameDirectory(directory);
    }

    @Override
    public DiskFile create(String path) throws IOException {
        return new MeteredFile(disk.create(path), metrics);
    }

    @Override
    public DiskFile open(String path) throws IOException {
        return new MeteredFile(disk.open(path), metrics);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void delete(String path) throws IOException {
        disk.delete(path);
    }

    @Override
    public void forceDirectory(String directory) throws IOException {
        disk.forceDirectory(directory);
    }

    @Override
    public long usableBytes() throws IOException {
        return disk.usableBytes();
    }

    @Override
    public Closeable lock(String path) throws IOException {
        return disk.lock(path);
    }

    @Override
    public String toString() {
        return disk.toString();
    }

    /** Threads: reads any; writes and syncs those of the log's writer. */
    private static final class MeteredFile implements DiskFile {
        private final DiskFile file;
        private final RaftMetrics metrics;
        private long bytes;

        MeteredFile(DiskFile file, RaftMetrics metrics) {
            this.file = file;
            this.metrics = metrics;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            bytes += source.remaining();
            file.write(source, position);
        }

        @Override
        public void force() throws IOException {
            long start = System.nanoTime();
            file.force();
            metrics.logSynced(bytes, System.nanoTime() - start);
            bytes = 0;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
