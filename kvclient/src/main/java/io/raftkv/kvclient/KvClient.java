package io.raftkv.kvclient;

import io.raftkv.callback.ClientConfig;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client of the whole cluster. It asks the coordinator once who leads which shard, talks to those servers directly
 * over one pipelined connection each, follows their MOVED, and asks the coordinator again when something fails.
 *
 * <p>Every call ends within {@link KvClientConfig#requestTimeoutMs}, retries included. What it throws is a {@link
 * KvException}, which says whether a write may have happened.
 *
 * <p>Writes are executed exactly once if they are answered, and at most once if not, over broken connections, failovers and
 * moved shards: they go in a session with their shard, and are sent again under their number until they are answered. The
 * first write to a shard opens the session, which takes one more round trip; up to 1024 may be under way in it, more wait. A
 * session that was not used for long has expired, and another one is opened; only a write that was sent, whose answer got lost
 * and whose session was gone when it was sent again ends as unknown, with {@link KvException#SESSION_EXPIRED}. {@link
 * KvClientConfig#writes} can turn this off.
 *
 * <p>Keys and values are bytes; the variants with strings use UTF-8. Arrays pass to the client until a call has ended.
 *
 * <p>Threads: any. A client is meant to be shared: more threads fill the same pipelines.
 */
public final class KvClient implements AutoCloseable {
    private static final int GRACE_MS = 100;

    private final Dispatcher dispatcher;
    private final ExecutorService callbacks;
    private final KvAsync async;
    private final KvAsync waiting;

    private KvClient(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
        // One thread keeps the order of completion; what waits for it is bounded by the calls in flight.
        this.callbacks = new ThreadPoolExecutor(0, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "raftkv-kvclient-callback-0");
            thread.setDaemon(true);
            return thread;
        });
        this.async = new KvAsync(dispatcher::call, callbacks);
        this.waiting = new KvAsync(dispatcher::callWaiting, Runnable::run);
    }

    /** {@link #connect(KvClientConfig)} with the defaults. */
    public static KvClient connect(ClientConfig coordinators) {
        return connect(KvClientConfig.of(coordinators));
    }

    /**
     * Reads the routing from the coordinator. Shards without a leader are no failure: their calls wait.
     *
     * @throws KvException if no coordinator answers in time
     */
    public static KvClient connect(KvClientConfig config) {
        Dispatcher dispatcher = new Dispatcher(config);
        try {
            // The requests have the same deadline and know why they failed: the word is theirs.
            dispatcher.routing().load().get(config.requestTimeoutMs() + GRACE_MS, TimeUnit.MILLISECONDS);
            return new KvClient(dispatcher);
        } catch (InterruptedException e) {
            dispatcher.close();
            Thread.currentThread().interrupt();
            throw new KvException(KvException.INTERRUPTED, "interrupted while connecting", false);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            dispatcher.close();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String why = cause.getMessage() == null
                    ? "no answer within " + config.requestTimeoutMs() + " ms"
                    : cause.getMessage();
            throw new KvException(
                    KvException.TIMEOUT,
                    "the coordinators " + config.coordinator().coordinators() + " did not tell who leads the shards: "
                            + why,
                    cause);
        }
    }

    /** The asynchronous twins of these methods. */
    public KvAsync async() {
        return async;
    }

    /** The value, or null if the key is missing. */
    public byte @Nullable [] get(byte[] key) {
        return await(waiting.get(key));
    }

    /** The value as UTF-8 text, or null if the key is missing. */
    public @Nullable String get(String key) {
        return await(waiting.get(key));
    }

    /** Sets the value. */
    public void put(byte[] key, byte[] value) {
        await(waiting.put(key, value));
    }

    /** Sets the value. */
    public void put(String key, String value) {
        await(waiting.put(key, value));
    }

    /** Appends to the value, which begins empty; the new length in bytes. */
    public long append(byte[] key, byte[] suffix) {
        return await(waiting.append(key, suffix));
    }

    /** Appends to the value, which begins empty; the new length in bytes. */
    public long append(String key, String suffix) {
        return await(waiting.append(key, suffix));
    }

    /** Deletes the key; whether it was there. */
    public boolean delete(byte[] key) {
        return await(waiting.delete(key));
    }

    /** Deletes the key; whether it was there. */
    public boolean delete(String key) {
        return await(waiting.delete(key));
    }

    /** Adds to the number at the key, which begins with 0; the new number. */
    public long increment(byte[] key, long by) {
        return await(waiting.increment(key, by));
    }

    /** Adds to the number at the key, which begins with 0; the new number. */
    public long increment(String key, long by) {
        return await(waiting.increment(key, by));
    }

    /** Whether the key is there. */
    public boolean exists(byte[] key) {
        return await(waiting.exists(key));
    }

    /** Whether the key is there. */
    public boolean exists(String key) {
        return await(waiting.exists(key));
    }

    /**
     * The keys of the whole cluster that match a Redis glob pattern, in no order that means anything, read a page at a
     * time as the iterator goes on. A key that is there all the time is met exactly once; one that comes or goes
     * meanwhile may be met. The iterator throws {@link KvException} where a page cannot be read, is used by one thread
     * at a time, and needs no closing.
     */
    public Iterator<byte[]> scan(byte[] pattern) {
        return new Scan(dispatcher, pattern, KvClient::await);
    }

    /** {@link #scan(byte[])} with keys as UTF-8 texts. */
    public Iterator<String> scan(String pattern) {
        Iterator<byte[]> keys = scan(KvAsync.bytes(pattern));
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return keys.hasNext();
            }

            @Override
            public String next() {
                return new String(keys.next(), StandardCharsets.UTF_8);
            }
        };
    }

    /**
     * Any command of the server, sent to the leader of its first key's shard, or to any server if it has no key. A
     * refusal of the server is returned as a {@link RespValue.Error}; failures of the client are thrown.
     */
    public RespValue command(byte[]... args) {
        return await(waiting.command(args));
    }

    /** {@link #command(byte[]...)} in UTF-8. */
    public RespValue command(String... args) {
        return await(waiting.command(args));
    }

    /**
     * Completes every open call with {@link KvException#CLOSED}, closes the sessions, waiting for that half a second at most, and
     * frees threads and connections.
     */
    @Override
    public void close() {
        dispatcher.close();
        callbacks.shutdown();
    }

    // The deadline is the call's own; no second one is set here.
    private static <T extends @Nullable Object> T await(CompletableFuture<T> call) {
        try {
            return call.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KvException(KvException.INTERRUPTED, "interrupted while waiting for the answer", true);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KvException failure) {
                throw new KvException(failure);
            }
            throw new IllegalStateException("a call failed in an unexpected way", e.getCause());
        }
    }
}
