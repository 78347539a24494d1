package io.raftkv.cli.node;

import io.raftkv.cli.Console;
import java.util.concurrent.CountDownLatch;

/**
 * Keeps a process up until it is told to end, and closes what it runs before it does.
 *
 * <p>Threads: closing happens on the JVM's shutdown thread, while the main thread waits.
 */
final class Staying {
    private Staying() {}

    /** Waits for SIGTERM or SIGINT, closes, and lets the process end; returns only if the wait is interrupted. */
    static void untilSignal(Console console, String name, AutoCloseable running) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(console, name, running), "raftkv-cli-close-0"));
        new CountDownLatch(1).await();
    }

    private static void close(Console console, String name, AutoCloseable running) {
        try {
            running.close();
            console.err().println(name + " closed");
        } catch (Exception e) {
            // The process ends either way; what was acknowledged is on disk already.
            console.err().println(name + " did not close cleanly: " + e);
        }
        console.err().flush();
    }
}
