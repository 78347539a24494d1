package io.raftkv.raft.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The folder in which a server keeps its files; the seam at which the simulator puts its own disk. Paths are relative
 * and separated by {@code /}.
 *
 * <p>Nothing is durable before {@link DiskFile#force()}, and no created, renamed or deleted name before
 * {@link #forceDirectory}.
 *
 * <p>Threads: any.
 */
public interface Disk {
    /** The names (not paths) of the files and folders in {@code directory}, sorted; empty if there is no such directory. */
    List<String> list(String directory) throws IOException;

    /** Whether there is a file or directory of that name. */
    boolean exists(String path) throws IOException;

    /** Creates the directory and its parents, durably; leaves one that is there as it is. */
    void createDirectory(String directory) throws IOException;

    /**
     * Creates the directory, whose parent must be there, unless it exists. Like the name of a file it is not durable before
     * {@link #forceDirectory} of the parent, so that many share one.
     */
    void nameDirectory(String directory) throws IOException;

    /** Creates a file for reading and writing. Fails if there is one. */
    DiskFile create(String path) throws IOException;

    /** Opens an existing file for reading and writing. */
    DiskFile open(String path) throws IOException;

    /** Renames a file over any other, atomically. */
    void rename(String from, String to) throws IOException;

    /** Deletes the file if it exists. */
    void delete(String path) throws IOException;

    /** Makes creations, renames and deletions in {@code directory} durable. */
    void forceDirectory(String directory) throws IOException;

    /** Bytes that can still be written. */
    long usableBytes() throws IOException;

    /**
     * Takes the file for this process alone, creating it if it is missing, until what is returned is closed. A disk that
     * no other process can reach need not do anything.
     *
     * @throws LogException if somebody has it; the message names the folder and, if known, the process
     */
    default Closeable lock(String path) throws IOException {
        return () -> {};
    }

    /** An open file. */
    interface DiskFile extends Closeable {
        /** Reads into {@code target} until it is full or the file ends; returns the number of bytes read, 0 at the end. */
        int read(ByteBuffer target, long position) throws IOException;

        /** Writes all of {@code source} at {@code position}. */
        void write(ByteBuffer source, long position) throws IOException;

        /** Returns once all that was written is durable (fdatasync). */
        void force() throws IOException;

        /** The length in bytes. */
        long size() throws IOException;

        @Override
        void close() throws IOException;
    }
}
