package io.raftkv.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a coordinator node.
 *
 * <p>Threads: immutable.
 *
 * @param listen where clients connect
 * @param clusterSize nodes of a new cluster; of no effect once it is formed
 * @param members all nodes' client addresses, this one's included; empty: they discover each other
 * @param data the folder of this node alone
 * @param clusterName nodes of another name are not seen
 * @param shards of a new cluster; of no effect once it is formed
 * @param sessionTimeoutMs of sessions whose client asks for none
 * @param jgroupsPort where the other nodes connect
 * @param heartbeatMs between a Raft leader's messages
 * @param electionMinMs the shortest election time-out
 * @param electionMaxMs the longest election time-out
 * @param maxConnections of clients
 */
public record CoordinatorConfig(
        HostPort listen,
        int clusterSize,
        List<HostPort> members,
        Path data,
        String clusterName,
        int shards,
        int sessionTimeoutMs,
        int jgroupsPort,
        int heartbeatMs,
        int electionMinMs,
        int electionMaxMs,
        int maxConnections) {
    public CoordinatorConfig {
        members = List.copyOf(members);
    }

    /**
     * Reads a file, YAML if its name ends with {@code .yaml} or {@code .yml}, else XML.
     *
     * @throws ConfigException if it cannot be read or is not right
     */
    public static CoordinatorConfig load(Path file) {
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

        /** Required, unless there are {@link #members}. */
        public Builder clusterSize(int nodes) {
            return this;
        }

        /** Default: none. */
        public Builder members(List<HostPort> addresses) {
            return this;
        }

        /** Default: {@code data/coordinator-<port>}. */
        public Builder data(Path folder) {
            return this;
        }

        /** Default: {@code raftkv}. */
        public Builder clusterName(String name) {
            return this;
        }

        /** Default: 16. */
        public Builder shards(int count) {
            return this;
        }

        /** Default: 2000. */
        public Builder sessionTimeoutMs(int ms) {
            return this;
        }

        /** Default: the port of {@code listen} plus 10000, or minus 10000 where that exceeds 65535. */
        public Builder jgroupsPort(int port) {
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

        /**
         * Checks everything.
         *
         * @throws ConfigException if a setting is missing or not allowed
         */
        public CoordinatorConfig build() {
            if (listen == null) {
                throw new ConfigException(null, 0, "ip", "is missing");
            }
            throw new UnsupportedOperationException("not written yet");
        }
    }
}
