package io.raftkv.coordinator.jgroups;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The frames that wait for one peer, and the thread that sends them. JGroups blocks its senders, for credits and while it
 * connects; a thread for each peer keeps a slow one from holding up the others, and the callers from being held up at all.
 *
 * <p>Threads: any may {@link #offer}; a thread of its own sends.
 */
final class Outbox implements AutoCloseable {
    /** Sends one frame, blocking as it must. A frame that cannot be sent is lost, which its owners repair. */
    interface Sender {
        void send(ByteBuffer frame);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<ByteBuffer> frames = new ArrayDeque<>();
    private final long maxBytes;
    private final Sender sender;
    private final Thread thread;
    private final AtomicLong queuedBytes = new AtomicLong();
    private boolean closed;

    Outbox(String name, long maxBytes, Sender sender) {
        this.maxBytes = maxBytes;
        this.sender = sender;
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes the frame, or returns false if too much waits already. */
    boolean offer(ByteBuffer frame) {
        lock.lock();
        try {
            if (closed || (!frames.isEmpty() && queuedBytes.get() + frame.remaining() > maxBytes)) {
                return false;
            }
            frames.add(frame);
            queuedBytes.addAndGet(frame.remaining());
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes that were taken and not sent yet, the frame being sent included. */
    long queuedBytes() {
        return queuedBytes.get();
    }

    private void run() {
        for (ByteBuffer frame = next(); frame != null; frame = next()) {
            int bytes = frame.remaining();
            sender.send(frame);
            queuedBytes.addAndGet(-bytes);
        }
    }

    private @Nullable ByteBuffer next() {
        lock.lock();
        try {
            while (frames.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            return closed ? null : frames.poll();
        } finally {
            lock.unlock();
        }
    }

    /** Drops what waits. The thread ends once the frame it is sending is through; see {@link #join}. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            frames.clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the thread to end. */
    void join() throws InterruptedException {
        thread.join();
    }
}
