package io.raftkv.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a KV server.
 *
 * <p>Threads: immutable.
 *
 * @param listen where clients and the other servers connect
 * @param announce the address that the others are told; its group is the one whose list holds it
 * @param data the folder of this server alone
 * @param coordinators the coordinator's nodes, at least one
 * @param service the coordinator's service in whose slots the leaders register
 * @param sessionTimeoutMs of the session with the coordinator
 * @param requestTimeoutMs of one request to the coordinator, over all retries
 * @param maxKeyBytes of a key
 * @param maxValueBytes of a value
 * @param heartbeatMs between a Raft leader's messages
 * @param electionMinMs the shortest election time-out
 * @param electionMaxMs the longest election time-out
 * @param maxConnections of clients
 * @param ioThreads event loops; 0: one per core
 */
public record ServerConfig(
        HostPort listen,
        HostPort announce,
        Path data,
        List<HostPort> coordinators,
        String service,
        int sessionTimeoutMs,
        int requestTimeoutMs,
        int maxKeyBytes,
        int maxValueBytes,
        int heartbeatMs,
        int electionMinMs,
        int electionMaxMs,
        int maxConnections,
        int ioThreads) {
    public ServerConfig {
        coordinators = List.copyOf(coordinators);
    }

    /**
     * Reads a file, YAML if its name ends with {@code .yaml} or {@code .yml}, else XML.
     *
     * @throws ConfigException if it cannot be read or is not right
     */
    public static ServerConfig load(Path file) {
        return read(file).build();
    }

    /** As {@link #load}, for callers who change settings afterwards: defaults that follow from others are still open. */
    public static Builder read(Path file) {
        return builder().data(file);
    }

    /** All settings at their defaults but {@code listen}, which has none. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder with these settings. */
    public Builder toBuilder() {
        return new Builder();
    }

    /** Collects settings; what is not set has its default. */
    public static final class Builder {
        private @Nullable HostPort listen;

        private Builder() {}

        /** Required. */
        public Builder listen(HostPort address) {
            this.listen = address;
            return this;
        }

        /** Default: the same as {@code listen}. */
        public Builder announce(HostPort address) {
            return this;
        }

        /** Default: {@code data/server-<port>}. */
        public Builder data(Path folder) {
            return this;
        }

        /** Default: 127.0.0.1:50000, :50001 and :50002. */
        public Builder coordinators(List<HostPort> addresses) {
            return this;
        }

        /** Default: {@code kv}. */
        public Builder service(String name) {
            return this;
        }

        /** Default: 2000. */
        public Builder sessionTimeoutMs(int ms) {
            return this;
        }

        /** Default: 10000. */
        public Builder requestTimeoutMs(int ms) {
            return this;
        }

        /** Default: 64 KiB. */
        public Builder maxKeyBytes(int bytes) {
            return this;
        }

        /** Default: 8 MiB. */
        public Builder maxValueBytes(int bytes) {
            return this;
        }

        /** Default: 100. */
        public Builder heartbeatMs(int ms) {
            return this;
        }

        /** Default: 600. */
        public Builder electionMinMs(int ms) {
            return this;
        }

        /** Default: 1200. */
        public Builder electionMaxMs(int ms) {
            return this;
        }

        /** Default: 10000. */
        public Builder maxConnections(int count) {
            return this;
        }

        /** Default: 0, which is one per core. */
        public Builder ioThreads(int count) {
            return this;
        }

        /**
         * Checks everything.
         *
         * @throws ConfigException if a setting is missing or not allowed
         */
        public ServerConfig build() {
            if (listen == null) {
                throw new ConfigException(null, 0, "ip", "is missing");
            }
            throw new UnsupportedOperationException("not written yet");
        }
    }
}
