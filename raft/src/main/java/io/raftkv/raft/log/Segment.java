package io.raftkv.raft.log;

import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One file of the log.
 *
 * <p>Threads: the log's, but for {@link #acquire}, {@link #release}, {@link #read} and {@link #readableEnd}, which readers
 * use: a file that is collected while somebody reads it is closed by the last one.
 */
final class Segment {
    static final String SUFFIX = ".wal";
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

    private final long seq;
    private final String path;
    private final DiskFile file;
    private final AtomicInteger users = new AtomicInteger(1);
    private volatile long readableEnd;
    private long allocatedEnd;
    private int liveExtents;
    private long liveBytes;

    Segment(long seq, String path, DiskFile file) throws IOException {
        this.seq = seq;
        this.path = path;
        this.file = file;
        this.allocatedEnd = file.size();
    }

    static String pathOf(String directory, long seq) {
        String name = String.format("%016x%s", seq, SUFFIX);
        return directory.isEmpty() ? name : directory + "/" + name;
    }

    /** Of the files in {@code directory}, in order. */
    static List<Long> sequenceNumbers(Disk disk, String directory) throws IOException {
        List<Long> seqs = new ArrayList<>();
        for (String name : disk.list(directory)) {
            if (name.matches("[0-9a-f]{16}\\" + SUFFIX)) {
                seqs.add(Long.parseLong(name.substring(0, 16), 16));
            }
        }
        seqs.sort(null);
        return seqs;
    }

    long seq() {
        return seq;
    }

    String path() {
        return path;
    }

    long size() throws IOException {
        return file.size();
    }

    int read(ByteBuffer target, long position) throws IOException {
        return file.read(target, position);
    }

    void write(ByteBuffer source, long position) throws IOException {
        file.write(source, position);
    }

    /** Writes zeros from {@code end} to {@code to}, so far as nothing has been written there. */
    void allocate(long end, long to) throws IOException {
        for (long at = Math.max(end, allocatedEnd); at < to; ) {
            ByteBuffer zeros = ZEROS.duplicate();
            zeros.limit((int) Math.min(zeros.capacity(), to - at));
            at += zeros.remaining();
            file.write(zeros, at - zeros.remaining());
        }
        allocatedEnd = Math.max(allocatedEnd, to);
    }

    long allocatedEnd() {
        return allocatedEnd;
    }

    void force() throws IOException {
        file.force();
    }

    /** What lies before it is durable and can be read. */
    long readableEnd() {
        return readableEnd;
    }

    void readableEnd(long end) {
        readableEnd = end;
    }

    int liveExtents() {
        return liveExtents;
    }

    long liveBytes() {
        return liveBytes;
    }

    void addLive(int extents, long bytes) {
        liveExtents += extents;
        liveBytes += bytes;
    }

    /** Whether the file stays open until {@link #release}; false if it is closed already. */
    boolean acquire() {
        for (int now = users.get(); now > 0; now = users.get()) {
            if (users.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    void release() throws IOException {
        if (users.decrementAndGet() == 0) {
            file.close();
        }
    }

    @Override
    public String toString() {
        return path;
    }
}
