package io.raftkv.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk on which nothing changes: what would clean up or sync does nothing, what would write is a defect. */
final class ReadOnlyDisk implements Disk {
    private final Disk disk;

    ReadOnlyDisk(Disk disk) {
        this.disk = disk;
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
    public void createDirectory(String directory) {
        throw new UnsupportedOperationException("create " + directory);
    }

    @Override
    public void nameDirectory(String directory) {
        throw new UnsupportedOperationException("create " + directory);
    }

    @Override
    public DiskFile create(String path) {
        throw new UnsupportedOperationException("create " + path);
    }

    @Override
    public DiskFile open(String path) throws IOException {
        return new ReadOnlyFile(disk.open(path));
    }

    @Override
    public void rename(String from, String to) {
        throw new UnsupportedOperationException("rename " + from);
    }

    /** A file that was half made stays for the server to delete. */
    @Override
    public void delete(String path) {}

    @Override
    public void forceDirectory(String directory) {}

    @Override
    public long usableBytes() throws IOException {
        return disk.usableBytes();
    }

    private record ReadOnlyFile(DiskFile file) implements DiskFile {
        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) {
            throw new UnsupportedOperationException("write");
        }

        @Override
        public void force() {}

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
