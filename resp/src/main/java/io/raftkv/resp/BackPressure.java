package io.raftkv.resp;

/**
 * How much of one connection's work a server holds before it stops reading from it; it reads on at half.
 *
 * @param maxReplies commands taken and not answered
 * @param maxBytes bytes of those commands and of answers kept for their turn; also of output that the client does not
 *     read
 * @param maxPushBytes output that waits when a push finds it and the connection is given up
 */
record BackPressure(int maxReplies, int maxBytes, int maxPushBytes) {
    /**
     * Enough in flight to fill the batches of a log on one connection; a megabyte so that a thousand connections fit
     * in a heap of two gigabytes; pushes, which cannot be held back, get a little more patience.
     */
    static final BackPressure DEFAULT = new BackPressure(1024, 1024 * 1024, 8 * 1024 * 1024);

    BackPressure {
        if (maxReplies < 1 || maxBytes < 2 || maxPushBytes < maxBytes) {
            throw new IllegalArgumentException("back-pressure needs 1 reply, 2 bytes and no less for pushes: "
                    + maxReplies + ", " + maxBytes + ", " + maxPushBytes);
        }
    }

    boolean mustStop(ReplyQueue replies) {
        return replies.count() >= maxReplies || replies.bytes() >= maxBytes;
    }

    boolean mayResume(ReplyQueue replies) {
        return replies.count() <= maxReplies / 2 && replies.bytes() <= maxBytes / 2;
    }
}
