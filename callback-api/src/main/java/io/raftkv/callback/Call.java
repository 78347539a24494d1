package io.raftkv.callback;

import io.raftkv.resp.RespValue;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request from its submission to its end.
 *
 * <p>Threads: the client's loop.
 */
final class Call {
    /** Those that are numbered. Whatever is not listed is taken for a command that only reads. */
    private static final Set<String> WRITING = Set.of(
            "SESSION.OPEN",
            "SESSION.CLOSE",
            "MEMBER.JOIN",
            "ELECT",
            "SETSLOT",
            "JOIN",
            "LEAVE",
            "MOVE",
            "SERVER.BIND",
            "ACTIVATE",
            "COORD.ADD",
            "COORD.REMOVE",
            "COORD.REPLACE");

    final String[] args;
    final boolean writes;
    final int timeoutMs;
    final CompletableFuture<RespValue> future = new CompletableFuture<>();
    /** As it is sent: for a write with its number in front, the same each time. */
    String[] words;
    /** Whether it was sent at least once and has not ended. */
    boolean active;
    /** Whether an answer is awaited now. */
    boolean inFlight;
    /** Whether an attempt may have been carried out, and nobody said how it ended. */
    boolean uncertain;

    int retries;
    String lastCode = CoordinatorException.TIMEOUT;

    @Nullable
    String lastError;

    @Nullable
    ScheduledFuture<?> deadline;

    @Nullable
    ScheduledFuture<?> patience;

    Call(String[] args, int timeoutMs) {
        this.args = args;
        this.words = args;
        this.writes = WRITING.contains(args[0].toUpperCase(Locale.ROOT));
        this.timeoutMs = timeoutMs;
    }

    boolean mayHaveHappened() {
        return writes && (uncertain || inFlight);
    }
}
