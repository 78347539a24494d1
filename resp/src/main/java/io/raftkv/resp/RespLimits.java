package io.raftkv.resp;

/**
 * What a peer may make this side hold; checked before anything is allocated.
 *
 * @param maxBulkBytes the longest bulk, and the most bytes that all arguments of one request may have together
 * @param maxArguments the most arguments of a request, and the most items of one aggregate in a reply
 * @param maxInlineBytes the longest line: an inline request, a simple string or an error
 */
public record RespLimits(int maxBulkBytes, int maxArguments, int maxInlineBytes) {
    /**
     * A value of 8 MiB with 128 KiB left for its key, the command's name and options; arguments and lines as Redis
     * bounds them.
     */
    public static final RespLimits DEFAULT = new RespLimits(8 * 1024 * 1024 + 128 * 1024, 1024 * 1024, 64 * 1024);

    public RespLimits {
        if (maxBulkBytes < 1 || maxArguments < 1 || maxInlineBytes < 1) {
            throw new IllegalArgumentException("limits must be positive: " + maxBulkBytes + " bytes per bulk, "
                    + maxArguments + " arguments, " + maxInlineBytes + " bytes per line");
        }
    }

    /** The same with another {@link #maxBulkBytes}. */
    public RespLimits withMaxBulkBytes(int bytes) {
        return new RespLimits(bytes, maxArguments, maxInlineBytes);
    }
}
