package io.raftkv.cli.node;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Failures;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Keeps a process up until it is told to end, and closes what it runs before it does.
 *
 * <p>Threads: closing happens on the JVM's shutdown thread, while the main thread waits.
 */
final class Staying {
    private Staying() {}

    /**
     * Waits for SIGTERM or SIGINT, closes, and lets the process end; or, if what runs had to stop by itself, says why and
     * returns the exit code.
     */
    static int untilSignal(
            Console console, String name, AutoCloseable running, CompletableFuture<? extends Throwable> failure)
            throws InterruptedException, ExecutionException {
        Thread closer = new Thread(() -> close(console, name, running), "raftkv-cli-close-0");
        Runtime.getRuntime().addShutdownHook(closer);
        Throwable why = failure.get();
        Runtime.getRuntime().removeShutdownHook(closer);
        int code = Failures.report(why, console.err());
        close(console, name, running);
        return code == ExitCode.OK ? ExitCode.FAILED : code;
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
