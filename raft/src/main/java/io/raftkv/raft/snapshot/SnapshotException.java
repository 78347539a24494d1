package io.raftkv.raft.snapshot;

import java.io.IOException;

/** A snapshot file cannot be used; the message names the place and says what to do. */
public final class SnapshotException extends IOException {
    private static final long serialVersionUID = 1;

    private final String file;

    SnapshotException(String file, long offset, String problem, String remedy) {
        super(file + " at offset " + offset + ": " + problem + "; " + remedy);
        this.file = file;
    }

    public String file() {
        return file;
    }

    static SnapshotException damaged(String file, long offset, String problem) {
        return new SnapshotException(
                file,
                offset,
                problem,
                "the snapshot is damaged and is not used. Restore the folder from a copy, or remove this server from the"
                        + " group and add it anew");
    }
}
