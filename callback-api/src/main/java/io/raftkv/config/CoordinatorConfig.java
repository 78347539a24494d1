package io.raftkv.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The configuration of a coordinator node.
 *
 * <p>Threads: immutable.
 *
 * @param listen where clients connect; port 0 takes a free one
 * @param clusterSize nodes of a new cluster; of no effect once it is formed
 * @param members all nodes' client addresses, this one's included; empty: they discover each other
 * @param data the folder of this node alone
 * @param clusterName nodes of another name are not seen
 * @param shards of a new cluster; of no effect once it is formed
 * @param sessionTimeoutMs of sessions whose client names none
 * @param jgroupsPort where the other nodes connect; 0 takes a free one
 * @param heartbeatMs between a Raft leader's messages
 * @param electionMinMs the shortest election time-out
 * @param electionMaxMs the longest election time-out
 * @param maxConnections of clients; more are refused
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
    private static final Setting<HostPort> LISTEN = Setting.address(
                    "ip", 0, "Where clients connect; the other nodes know this one by it.")
            .required();
    private static final Setting<Integer> CLUSTER_SIZE = Setting.integer(
                    "clusterSize",
                    1,
                    9,
                    "Nodes of a new cluster. A majority of them must be up. Of no effect once the cluster is formed.")
            .orElseDerived("the number of `member`s; required without them");
    private static final Setting<List<HostPort>> MEMBERS = Setting.addresses(
                    "member",
                    "The `ip` of every node of a new cluster, this one included. Without them the nodes discover each"
                            + " other by `clusterName`.")
            .orElse(List.of());
    private static final Setting<Path> DATA = Setting.folder("data", "What this node alone keeps; never shared.")
            .orElseDerived("`data/coordinator-<port of ip>`");
    private static final Setting<String> CLUSTER_NAME = Setting.name(
                    "clusterName", "Nodes find only nodes of the same name.")
            .orElse("raftkv");
    private static final Setting<Integer> SHARDS = Setting.integer(
                    "shards", 1, 16384, "Shards of a new cluster. Of no effect once the cluster is formed.")
            .orElse(16);
    private static final Setting<Integer> SESSION_TIMEOUT_MS = Setting.integer(
                    "sessionTimeoutMs",
                    200,
                    600_000,
                    "Milliseconds without a heartbeat after which a client is gone, where the client names no time.")
            .orElse(2000);
    private static final Setting<Integer> JGROUPS_PORT = Setting.integer(
                    "jgroupsPort", 0, 65535, "Where the other nodes connect, on the host of `ip`.")
            .orElseDerived("port of `ip` + 10000, or − 10000 where that exceeds 65535");
    private static final Setting<Integer> MAX_CONNECTIONS = Setting.integer(
                    "maxConnections", 1, 1_000_000, "Clients at a time; more are refused.")
            .orElse(10_000);

    /** The table of its file. */
    public static final ConfigSchema SCHEMA = new ConfigSchema(
            "the coordinator",
            List.of("host"),
            List.of(
                    LISTEN,
                    CLUSTER_SIZE,
                    MEMBERS,
                    DATA,
                    CLUSTER_NAME,
                    SHARDS,
                    SESSION_TIMEOUT_MS,
                    JGROUPS_PORT,
                    RaftTimes.HEARTBEAT_MS,
                    RaftTimes.ELECTION_MIN_MS,
                    RaftTimes.ELECTION_MAX_MS,
                    MAX_CONNECTIONS));

    /** Checks every range. */
    public CoordinatorConfig {
        members = List.copyOf(members);
        LISTEN.check(listen);
        CLUSTER_SIZE.check(clusterSize);
        MEMBERS.check(members);
        CLUSTER_NAME.check(clusterName);
        SHARDS.check(shards);
        SESSION_TIMEOUT_MS.check(sessionTimeoutMs);
        JGROUPS_PORT.check(jgroupsPort);
        RaftTimes.check(heartbeatMs, electionMinMs, electionMaxMs);
        MAX_CONNECTIONS.check(maxConnections);
        checkMembers(listen, clusterSize, members);
        if (jgroupsPort == listen.port() && jgroupsPort != 0) {
            throw wrong(JGROUPS_PORT, jgroupsPort + " is the port of ip; allowed: another one");
        }
    }

    private static void checkMembers(HostPort listen, int clusterSize, List<HostPort> members) {
        if (members.isEmpty()) {
            return;
        }
        if (members.size() != clusterSize) {
            throw wrong(
                    CLUSTER_SIZE,
                    clusterSize + " differs from the number of members, " + members.size()
                            + "; leave one of the two out, or make them equal");
        }
        if (members.stream().distinct().count() < members.size()) {
            throw wrong(MEMBERS, "an address is listed twice: " + members + "; allowed: each node once");
        }
        if (!members.contains(listen)) {
            throw wrong(MEMBERS, members + " lacks this node; allowed: a list with its ip, " + listen);
        }
    }

    private static ConfigException wrong(Setting<?> setting, String what) {
        return new ConfigException(null, 0, setting.name(), what);
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
        return new Builder(SCHEMA.read(file));
    }

    /** All settings at their defaults; {@code listen}, and one of {@code clusterSize} and {@code members}, are due. */
    public static Builder builder() {
        return new Builder(new Settings());
    }

    /** A builder with these settings. */
    public Builder toBuilder() {
        return builder()
                .listen(listen)
                .clusterSize(clusterSize)
                .members(members)
                .data(data)
                .clusterName(clusterName)
                .shards(shards)
                .sessionTimeoutMs(sessionTimeoutMs)
                .jgroupsPort(jgroupsPort)
                .heartbeatMs(heartbeatMs)
                .electionMinMs(electionMinMs)
                .electionMaxMs(electionMaxMs)
                .maxConnections(maxConnections);
    }

    /** Collects settings; what is not set has its default. Each setter throws {@link ConfigException} out of range. */
    public static final class Builder {
        private final Settings settings;

        private Builder(Settings settings) {
            this.settings = settings;
        }

        private <T> Builder put(Setting<T> setting, T value) {
            settings.put(setting, value);
            return this;
        }

        /** Required. */
        public Builder listen(HostPort address) {
            return put(LISTEN, address);
        }

        /** Default: the number of members; required without them. */
        public Builder clusterSize(int nodes) {
            return put(CLUSTER_SIZE, nodes);
        }

        /** Default: none. */
        public Builder members(List<HostPort> addresses) {
            return put(MEMBERS, List.copyOf(addresses));
        }

        /** Default: {@code data/coordinator-<port>}. */
        public Builder data(Path folder) {
            return put(DATA, folder);
        }

        /** Default: {@code raftkv}. */
        public Builder clusterName(String name) {
            return put(CLUSTER_NAME, name);
        }

        /** Default: 16. */
        public Builder shards(int count) {
            return put(SHARDS, count);
        }

        /** Default: 2000. */
        public Builder sessionTimeoutMs(int ms) {
            return put(SESSION_TIMEOUT_MS, ms);
        }

        /**
         * Default: the port of {@code listen} plus 10000, or minus 10000 where that exceeds 65535; 0 if it is 0.
         */
        public Builder jgroupsPort(int port) {
            return put(JGROUPS_PORT, port);
        }

        /** Default: 100. */
        public Builder heartbeatMs(int ms) {
            return put(RaftTimes.HEARTBEAT_MS, ms);
        }

        /** Default: 600. */
        public Builder electionMinMs(int ms) {
            return put(RaftTimes.ELECTION_MIN_MS, ms);
        }

        /** Default: 1200. */
        public Builder electionMaxMs(int ms) {
            return put(RaftTimes.ELECTION_MAX_MS, ms);
        }

        /** Default: 10000. */
        public Builder maxConnections(int count) {
            return put(MAX_CONNECTIONS, count);
        }

        /**
         * Checks everything.
         *
         * @throws ConfigException if a setting is missing, or does not go with another
         */
        public CoordinatorConfig build() {
            try {
                HostPort listen = settings.get(LISTEN);
                List<HostPort> members = settings.get(MEMBERS);
                return new CoordinatorConfig(
                        listen,
                        members.isEmpty() ? settings.get(CLUSTER_SIZE) : settings.get(CLUSTER_SIZE, members.size()),
                        members,
                        settings.get(DATA, Path.of("data", "coordinator-" + listen.port())),
                        settings.get(CLUSTER_NAME),
                        settings.get(SHARDS),
                        settings.get(SESSION_TIMEOUT_MS),
                        settings.get(JGROUPS_PORT, jgroupsPortOf(listen.port())),
                        settings.get(RaftTimes.HEARTBEAT_MS),
                        settings.get(RaftTimes.ELECTION_MIN_MS),
                        settings.get(RaftTimes.ELECTION_MAX_MS),
                        settings.get(MAX_CONNECTIONS));
            } catch (ConfigException e) {
                throw settings.located(e);
            }
        }
    }

    /** The port for JGroups where none is set, so that nodes on one machine need but differ in {@code ip}. */
    public static int jgroupsPortOf(int port) {
        return port == 0 ? 0 : port + 10_000 <= 65535 ? port + 10_000 : port - 10_000;
    }
}
