package io.raftkv.raft.server;

import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What must be let go in the reverse order of its taking, all of it, whatever fails. Threads: any. */
final class Resources {
    private final ArrayDeque<AutoCloseable> taken = new ArrayDeque<>();

    synchronized <T extends AutoCloseable> T take(T resource) {
        taken.push(resource);
        return resource;
    }

    synchronized void close() throws IOException {
        Exception first = null;
        for (AutoCloseable resource = taken.poll(); resource != null; resource = taken.poll()) {
            first = close(resource, first);
        }
        if (first instanceof IOException e) {
            throw e;
        }
        if (first != null) {
            throw new IOException("the server was not closed cleanly: " + first, first);
        }
    }

    private static @Nullable Exception close(AutoCloseable resource, @Nullable Exception first) {
        try {
            resource.close();
            return first;
        } catch (Exception e) {
            if (first == null) {
                return e;
            }
            first.addSuppressed(e);
            return first;
        }
    }

    /** Closes on the way out of a start that failed: that failure is the one to tell. */
    synchronized void closeAfter(Exception failure) {
        try {
            close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
