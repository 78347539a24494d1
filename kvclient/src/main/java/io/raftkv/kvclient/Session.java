package io.raftkv.kvclient;

import java.nio.charset.StandardCharsets;

/**
 * A session with one shard, in which writes are executed once (docs/protocol.md): hands out their numbers, and knows from which
 * one on answers are missing.
 *
 * <p>Threads: the client's loop.
 */
final class Session {
    /** So many numbers a server takes beyond the first one that is not acknowledged. */
    static final int WINDOW = 1024;

    private static final byte[] ONCE = ascii("RKV.ONCE");

    private final byte[] name;
    private final byte[] key;
    /** Of the numbers in {@code [ackedBelow, next)}, each at its remainder: whether nobody waits for its answer any more. */
    private final boolean[] ended = new boolean[WINDOW];

    private long next = 1;
    private long ackedBelow = 1;

    /**
     * @param name what the server calls it
     * @param key one of the shard
     */
    Session(byte[] name, byte[] key) {
        this.name = name;
        this.key = key;
    }

    byte[] name() {
        return name;
    }

    byte[] key() {
        return key;
    }

    /** Whether there is no number until an answer comes. */
    boolean isFull() {
        return next - ackedBelow >= WINDOW;
    }

    /** A number for a write, while this is not full. {@link #ended} is due for it. */
    long take() {
        return next++;
    }

    /** The answer to a number came, or is not waited for any more: the number is never sent again. */
    void ended(long sequence) {
        ended[slot(sequence)] = true;
        while (ackedBelow < next && ended[slot(ackedBelow)]) {
            ended[slot(ackedBelow++)] = false;
        }
    }

    /** What is sent for a write. */
    byte[][] once(long sequence, byte[][] write) {
        byte[][] args = new byte[4 + write.length][];
        args[0] = ONCE;
        args[1] = name;
        args[2] = ascii(Long.toString(sequence));
        args[3] = ascii(Long.toString(ackedBelow));
        System.arraycopy(write, 0, args, 4, write.length);
        return args;
    }

    private static int slot(long sequence) {
        return (int) (sequence & WINDOW - 1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
