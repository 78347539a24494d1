package io.raftkv.raft.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The files of a server cannot be used as they are; the message names the place and says what to do. */
public final class LogException extends IOException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;
    private final boolean isDamage;

    /**
     * @param file the file, or the folder if it is about all of it
     * @param offset where in it the trouble begins, -1 if it is about the file as a whole
     */
    public LogException(String file, long offset, String problem, String remedy) {
        this(file, offset, problem, remedy, null);
    }

    private LogException(String file, long offset, String message, boolean isDamage) {
        super(message);
        this.file = file;
        this.offset = offset;
        this.isDamage = isDamage;
    }

    /** As above, with what was thrown below. */
    public LogException(String file, long offset, String problem, String remedy, @Nullable Throwable cause) {
        super(file + (offset < 0 ? "" : " at offset " + offset) + ": " + problem + "; " + remedy, cause);
        this.file = file;
        this.offset = offset;
        this.isDamage = false;
    }

    /** The file, or the folder if it is about all of it. */
    public String file() {
        return file;
    }

    /** Where the trouble begins, -1 if it is about the file as a whole. */
    public long offset() {
        return offset;
    }

    /** Whether bytes that were durable are lost, so that the server cannot keep its word; not for want of a right or a release. */
    public boolean isDamage() {
        return isDamage;
    }

    /** What was durable cannot be read any more. */
    public static LogException damaged(String file, long offset, String problem) {
        String place = file + (offset < 0 ? "" : " at offset " + offset);
        return new LogException(
                file,
                offset,
                place + ": " + problem
                        + "; data that was acknowledged may be lost. The server recovers from its peers if"
                        + " a majority of the other voters is well; else keep a copy of the folder and restore it from a"
                        + " copy",
                true);
    }
}
