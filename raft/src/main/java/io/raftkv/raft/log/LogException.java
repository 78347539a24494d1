package io.raftkv.raft.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The files of a server cannot be used as they are; the message names the place and says what to do. */
public final class LogException extends IOException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;

    /**
     * @param file the file, or the folder if it is about all of it
     * @param offset where in it the trouble begins, -1 if it is about the file as a whole
     */
    public LogException(String file, long offset, String problem, String remedy) {
        this(file, offset, problem, remedy, null);
    }

    /** As above, with what was thrown below. */
    public LogException(String file, long offset, String problem, String remedy, @Nullable Throwable cause) {
        super(file + (offset < 0 ? "" : " at offset " + offset) + ": " + problem + "; " + remedy, cause);
        this.file = file;
        this.offset = offset;
    }

    /** The file, or the folder if it is about all of it. */
    public String file() {
        return file;
    }

    /** Where the trouble begins, -1 if it is about the file as a whole. */
    public long offset() {
        return offset;
    }

    static LogException damaged(String file, long offset, String problem) {
        return new LogException(
                file,
                offset,
                problem,
                "data that was acknowledged may be lost, so the server does not start. Keep a copy of the folder, then"
                        + " restore it from a copy, or remove this server from its groups and add it anew with an"
                        + " empty folder");
    }
}
