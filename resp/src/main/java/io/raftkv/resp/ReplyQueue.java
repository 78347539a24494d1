package io.raftkv.resp;

import org.jspecify.annotations.Nullable;

/**
 * The answers that are due on a connection, in the order of their requests. The first may be written as soon as it is
 * known; what is known before its turn is kept, and counted.
 *
 * <p>Threads: the connection's loop.
 */
final class ReplyQueue {
    // What an object costs besides its bytes, roughly; so that many small things weigh something as well.
    private static final int OBJECT_BYTES = 32;

    private final RespEncoder encoder;
    private final Runnable onProgress;
    private @Nullable PendingReply head;
    private @Nullable PendingReply tail;
    private int count;
    private long bytes;
    private boolean dropped;

    /**
     * Creates an empty queue.
     *
     * @param onProgress called after each change that wrote an answer
     */
    ReplyQueue(RespEncoder encoder, Runnable onProgress) {
        this.encoder = encoder;
        this.onProgress = onProgress;
    }

    /** How many answers are due. */
    int count() {
        return count;
    }

    /** What requests in process and kept answers hold in memory. */
    long bytes() {
        return bytes;
    }

    PendingReply add(ServerConnection connection, long requestBytes) {
        PendingReply reply = new PendingReply(connection, requestBytes + OBJECT_BYTES);
        if (tail == null) {
            head = reply;
        } else {
            tail.next = reply;
        }
        tail = reply;
        count++;
        bytes += reply.bytes;
        return reply;
    }

    boolean isHead(PendingReply reply) {
        return head == reply;
    }

    /** The head's answer was written: the next ones may go, as far as they are known. */
    void headWritten() {
        PendingReply next = removeHead();
        while (next != null && next.kept != null) {
            encoder.value(next.kept);
            next = removeHead();
        }
        onProgress.run();
    }

    /** Keeps an answer until its turn. */
    void keep(PendingReply reply, RespValue value) {
        if (!dropped) {
            long weight = weight(value);
            reply.kept = value;
            reply.bytes += weight;
            bytes += weight;
        }
    }

    /** The connection is closed; answers that come from now on are dropped. */
    void drop() {
        dropped = true;
        head = null;
        tail = null;
        count = 0;
        bytes = 0;
    }

    private @Nullable PendingReply removeHead() {
        PendingReply gone = head;
        if (gone == null) {
            return null; // Dropped while the answer was written.
        }
        head = gone.next;
        if (head == null) {
            tail = null;
        }
        count--;
        bytes -= gone.bytes;
        return head;
    }

    private static long weight(RespValue value) {
        if (value instanceof RespValue.Bulk bulk) {
            return OBJECT_BYTES + (long) bulk.bytes().length;
        } else if (value instanceof RespValue.Verbatim verbatim) {
            return OBJECT_BYTES + 2L * verbatim.text().length();
        }
        long sum = OBJECT_BYTES;
        if (isAggregate(value)) {
            for (RespValue item : value.asList()) {
                sum += weight(item);
            }
        }
        return sum;
    }

    private static boolean isAggregate(RespValue value) {
        return value instanceof RespValue.Array
                || value instanceof RespValue.MapValue
                || value instanceof RespValue.SetValue;
    }
}
