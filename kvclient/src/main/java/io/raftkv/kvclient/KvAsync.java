package io.raftkv.kvclient;

import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The asynchronous twin of {@link KvClient}'s methods. Futures fail with {@link KvException}; cancelling one does not
 * take the command back. Commands for the same shard are sent in the order of the calls, unless one is retried.
 *
 * <p>Byte arrays pass to the client: the caller must not change them before the future completes.
 *
 * <p>Threads: any; what depends on a future runs on the client's callback thread.
 */
public final class KvAsync {
    private final Function<byte[][], CompletableFuture<RespValue>> calls;
    private final Executor callbacks;

    KvAsync(Function<byte[][], CompletableFuture<RespValue>> calls, Executor callbacks) {
        this.calls = calls;
        this.callbacks = callbacks;
    }

    /** The value, or null if the key is missing. */
    public CompletableFuture<byte @Nullable []> get(byte[] key) {
        return typed(KvAsync::bytesOrNull, bytes("GET"), key);
    }

    /** The value as UTF-8 text, or null if the key is missing. */
    public CompletableFuture<@Nullable String> get(String key) {
        return typed(reply -> reply.isNull() ? null : reply.asText(), bytes("GET"), bytes(key));
    }

    /** Sets the value. */
    public CompletableFuture<Void> put(byte[] key, byte[] value) {
        return typed(reply -> null, bytes("SET"), key, value);
    }

    /** Sets the value. */
    public CompletableFuture<Void> put(String key, String value) {
        return put(bytes(key), bytes(value));
    }

    /** Appends to the value, which begins empty; the new length in bytes. */
    public CompletableFuture<Long> append(byte[] key, byte[] suffix) {
        return typed(RespValue::asLong, bytes("APPEND"), key, suffix);
    }

    /** Appends to the value, which begins empty; the new length in bytes. */
    public CompletableFuture<Long> append(String key, String suffix) {
        return append(bytes(key), bytes(suffix));
    }

    /** Deletes the key; whether it was there. */
    public CompletableFuture<Boolean> delete(byte[] key) {
        return typed(reply -> reply.asLong() > 0, bytes("DEL"), key);
    }

    /** Deletes the key; whether it was there. */
    public CompletableFuture<Boolean> delete(String key) {
        return delete(bytes(key));
    }

    /** Adds to the number at the key, which begins with 0; the new number. */
    public CompletableFuture<Long> increment(byte[] key, long by) {
        return typed(RespValue::asLong, bytes("INCRBY"), key, bytes(Long.toString(by)));
    }

    /** Adds to the number at the key, which begins with 0; the new number. */
    public CompletableFuture<Long> increment(String key, long by) {
        return increment(bytes(key), by);
    }

    /** Whether the key is there. */
    public CompletableFuture<Boolean> exists(byte[] key) {
        return typed(reply -> reply.asLong() > 0, bytes("EXISTS"), key);
    }

    /** Whether the key is there. */
    public CompletableFuture<Boolean> exists(String key) {
        return exists(bytes(key));
    }

    /**
     * Any command of the server, sent to the leader of its first key's shard, or to any server if it has no key. A
     * refusal of the server is a {@link RespValue.Error}, not a failure of the future.
     */
    public CompletableFuture<RespValue> command(byte[]... args) {
        if (args.length == 0) {
            throw new IllegalArgumentException("a command needs a name");
        }
        return handOver(calls.apply(args), Function.identity());
    }

    /** {@link #command(byte[]...)} in UTF-8. */
    public CompletableFuture<RespValue> command(String... args) {
        byte[][] encoded = new byte[args.length][];
        for (int i = 0; i < args.length; i++) {
            encoded[i] = bytes(args[i]);
        }
        return command(encoded);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte @Nullable [] bytesOrNull(RespValue reply) {
        if (reply.isNull()) {
            return null;
        }
        return reply instanceof RespValue.Bulk bulk ? bulk.bytes() : bytes(reply.asText());
    }

    static RespValue refuseErrors(RespValue reply) {
        if (reply instanceof RespValue.Error error) {
            throw new KvException(error.code(), error.message(), false);
        }
        return reply;
    }

    private <T extends @Nullable Object> CompletableFuture<T> typed(Function<RespValue, T> decode, byte[]... args) {
        return handOver(calls.apply(args), reply -> decode.apply(refuseErrors(reply)));
    }

    // The user's stages hang on a future of their own, completed on the callback thread: none can block a loop.
    private <T extends @Nullable Object> CompletableFuture<T> handOver(
            CompletableFuture<RespValue> reply, Function<RespValue, T> decode) {
        CompletableFuture<T> mine = new CompletableFuture<>();
        reply.whenComplete((value, failure) -> {
            Runnable complete = () -> complete(mine, value, failure, decode);
            try {
                callbacks.execute(complete);
            } catch (RejectedExecutionException closed) {
                complete.run(); // After close() there is no callback thread left, and every call is completed still.
            }
        });
        return mine;
    }

    private static <T extends @Nullable Object> void complete(
            CompletableFuture<T> future,
            @Nullable RespValue value,
            @Nullable Throwable failure,
            Function<RespValue, T> decode) {
        if (value == null) {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            future.completeExceptionally(cause == null ? new IllegalStateException("no reply") : cause);
            return;
        }
        try {
            future.complete(decode.apply(value));
        } catch (RuntimeException e) {
            future.completeExceptionally(e);
        }
    }
}
