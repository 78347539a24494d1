package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A complete, durable snapshot file. */
public final class StoredSnapshot {
    StoredSnapshot() {}

    public SnapshotMeta meta() {
        return notYet();
    }

    public long totalBytes() {
        return notYet();
    }

    public InputStream openState() throws IOException {
        return notYet();
    }

    public ByteBuffer readChunk(long offset, int max) throws IOException {
        return notYet();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T notYet() {
        throw new UnsupportedOperationException();
    }
}
