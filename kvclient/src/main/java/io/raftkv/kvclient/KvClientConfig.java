package io.raftkv.kvclient;

import io.raftkv.callback.ClientConfig;

/**
 * How a client finds its cluster and what it allows itself.
 *
 * @param coordinator where the coordinators are
 * @param requestTimeoutMs the deadline of one call over all its retries
 * @param connectTimeoutMs for a connection to a server; a part of the call's deadline, so that another server can be
 *     tried
 * @param maxInFlight calls without an answer, over all servers: blocking calls wait for a place, asynchronous ones are
 *     refused with {@link KvException#BUSY}. The default keeps eight pipelined connections busy and bounds memory.
 * @param retryWrites whether writes whose outcome is unknown are repeated, so that they may be carried out twice. Off
 *     by default: the caller is told instead. Reads, and SET without conditions, are repeated in any case.
 */
public record KvClientConfig(
        ClientConfig coordinator, int requestTimeoutMs, int connectTimeoutMs, int maxInFlight, boolean retryWrites) {
    public KvClientConfig {
        if (requestTimeoutMs < 1 || connectTimeoutMs < 1 || maxInFlight < 1) {
            throw new IllegalArgumentException("timeouts and bounds must be positive: requestTimeoutMs "
                    + requestTimeoutMs + ", connectTimeoutMs " + connectTimeoutMs + ", maxInFlight " + maxInFlight);
        }
    }

    /** The defaults for these coordinators. */
    public static KvClientConfig of(ClientConfig coordinator) {
        return new KvClientConfig(coordinator, coordinator.requestTimeoutMs(), 1_000, 4_096, false);
    }

    /** The defaults for coordinators given as {@code ip:port,ip:port}. */
    public static KvClientConfig of(String coordinators) {
        return of(ClientConfig.of(coordinators));
    }

    /** The same with another {@link #requestTimeoutMs}. */
    public KvClientConfig withRequestTimeoutMs(int ms) {
        return new KvClientConfig(coordinator, ms, connectTimeoutMs, maxInFlight, retryWrites);
    }

    /** The same with another {@link #maxInFlight}. */
    public KvClientConfig withMaxInFlight(int calls) {
        return new KvClientConfig(coordinator, requestTimeoutMs, connectTimeoutMs, calls, retryWrites);
    }

    /** The same with another {@link #retryWrites}. */
    public KvClientConfig withRetryWrites(boolean retry) {
        return new KvClientConfig(coordinator, requestTimeoutMs, connectTimeoutMs, maxInFlight, retry);
    }
}
