package io.raftkv.raft.snapshot;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A snapshot that another server is sending. */
public final class IncomingSnapshot implements Closeable {
    IncomingSnapshot() {}

    public long receivedBytes() {
        return notYet();
    }

    public void append(long offset, ByteBuffer data) throws IOException {
        notYet();
    }

    public StoredSnapshot complete() throws IOException {
        return notYet();
    }

    public void abort() throws IOException {
        notYet();
    }

    @Override
    public void close() throws IOException {
        notYet();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T notYet() {
        throw new UnsupportedOperationException();
    }
}
