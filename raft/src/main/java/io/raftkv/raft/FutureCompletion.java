package io.raftkv.raft;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Completes a future with what became of a proposal or read. Threads: the loop of the group. */
final class FutureCompletion<T extends @Nullable Object> implements Completion {
    private final CompletableFuture<T> future;
    private final Function<@Nullable Object, T> value;

    private FutureCompletion(CompletableFuture<T> future, Function<@Nullable Object, T> value) {
        this.future = future;
        this.value = value;
    }

    static Completion of(CompletableFuture<@Nullable Object> future) {
        return new FutureCompletion<>(future, result -> result);
    }

    /** @param value makes the future's value of the result, on the loop */
    static <T extends @Nullable Object> Completion of(
            CompletableFuture<T> future, Function<@Nullable Object, T> value) {
        return new FutureCompletion<>(future, value);
    }

    @Override
    public void succeeded(@Nullable Object result) {
        T completed;
        try {
            completed = value.apply(result);
        } catch (RuntimeException e) {
            // It is the caller's own, and must not stop the node.
            future.completeExceptionally(e);
            return;
        }
        future.complete(completed);
    }

    @Override
    public void failed(RaftException failure) {
        future.completeExceptionally(failure);
    }
}
