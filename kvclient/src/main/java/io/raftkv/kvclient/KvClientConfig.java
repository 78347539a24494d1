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
 * @param writes how often a write is carried out if its answer gets lost. Reads are repeated in any case.
 */
public record KvClientConfig(
        ClientConfig coordinator, int requestTimeoutMs, int connectTimeoutMs, int maxInFlight, Writes writes) {
    /** How often a write is carried out that is answered, and one of which the outcome stays unknown. */
    public enum Writes {
        /**
         * Once, and at most once: writes go in sessions with their shards, see docs/protocol.md, and are repeated until they are
         * answered or their time is over.
         */
        EXACTLY_ONCE,
        /**
         * Once, and at most once: a write is not repeated after its connection broke, unless it is a SET without conditions, and
         * fails then. Without sessions: the first write to a shard needs no other round trip before it.
         */
        AT_MOST_ONCE,
        /** At least once, and any number of times: writes are repeated without sessions. */
        AT_LEAST_ONCE
    }

    public KvClientConfig {
        if (requestTimeoutMs < 1 || connectTimeoutMs < 1 || maxInFlight < 1) {
            throw new IllegalArgumentException("timeouts and bounds must be positive: requestTimeoutMs "
                    + requestTimeoutMs + ", connectTimeoutMs " + connectTimeoutMs + ", maxInFlight " + maxInFlight);
        }
    }

    /** The defaults for these coordinators. */
    public static KvClientConfig of(ClientConfig coordinator) {
        return new KvClientConfig(coordinator, coordinator.requestTimeoutMs(), 1_000, 4_096, Writes.EXACTLY_ONCE);
    }

    /** The defaults for coordinators given as {@code ip:port,ip:port}. */
    public static KvClientConfig of(String coordinators) {
        return of(ClientConfig.of(coordinators));
    }

    /** The same with another {@link #requestTimeoutMs}. */
    public KvClientConfig withRequestTimeoutMs(int ms) {
        return new KvClientConfig(coordinator, ms, connectTimeoutMs, maxInFlight, writes);
    }

    /** The same with another {@link #maxInFlight}. */
    public KvClientConfig withMaxInFlight(int calls) {
        return new KvClientConfig(coordinator, requestTimeoutMs, connectTimeoutMs, calls, writes);
    }

    /** The same with other {@link #writes}. */
    public KvClientConfig withWrites(Writes other) {
        return new KvClientConfig(coordinator, requestTimeoutMs, connectTimeoutMs, maxInFlight, other);
    }
}
