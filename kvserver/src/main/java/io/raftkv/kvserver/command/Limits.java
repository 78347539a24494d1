package io.raftkv.kvserver.command;

/**
 * What a command may be at most; checked where it arrives, before it is proposed.
 *
 * @param maxKeyBytes the longest key
 * @param maxValueBytes the longest value that APPEND and SETRANGE may make, and the most bytes of all arguments of a
 *     command besides {@link #HEADROOM_BYTES}
 */
public record Limits(int maxKeyBytes, int maxValueBytes) {
    /** Room for a command's name, options and one key of usual length beside a value of full length. */
    public static final int HEADROOM_BYTES = 128 * 1024;

    public Limits {
        if (maxKeyBytes < 1 || maxValueBytes < 1 || maxValueBytes > Integer.MAX_VALUE - 2 * HEADROOM_BYTES) {
            throw new IllegalArgumentException(
                    "limits: keys of " + maxKeyBytes + " bytes, values of " + maxValueBytes + " bytes");
        }
    }

    /** The most bytes of an encoded write: the arguments, and a length before each of them. */
    public int maxCommandBytes() {
        return maxValueBytes + 2 * HEADROOM_BYTES;
    }

    void checkKey(byte[] key) throws CommandException {
        if (key.length > maxKeyBytes) {
            throw new CommandException(
                    "ERR key of " + key.length + " bytes is longer than the limit of " + maxKeyBytes + " bytes");
        }
    }

    void checkCommand(byte[][] args) throws CommandException {
        long bytes = 0;
        for (byte[] arg : args) {
            bytes += arg.length;
        }
        if (bytes > (long) maxValueBytes + HEADROOM_BYTES) {
            throw new CommandException("ERR command of " + bytes + " bytes is larger than the limit of "
                    + (maxValueBytes + HEADROOM_BYTES) + " bytes");
        }
    }

    void checkEncoded(int bytes) throws CommandException {
        if (bytes > maxCommandBytes()) {
            throw new CommandException("ERR command of " + bytes + " encoded bytes is larger than the limit of "
                    + maxCommandBytes() + " bytes; send fewer keys at once");
        }
    }

    void checkValue(long bytes) throws CommandException {
        if (bytes > maxValueBytes) {
            throw new CommandException(Errors.TOO_LONG);
        }
    }
}
