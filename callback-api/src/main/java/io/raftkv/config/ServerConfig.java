package io.raftkv.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The configuration of a KV server.
 *
 * <p>Threads: immutable.
 *
 * @param listen where clients and the other servers connect; port 0 takes a free one
 * @param announce the address that the others are told; its group is the one whose list holds it
 * @param data the folder of this server alone
 * @param coordinators the coordinator's nodes, at least one
 * @param service the coordinator's service in whose slots the leaders register
 * @param sessionTimeoutMs of the session with the coordinator
 * @param requestTimeoutMs of one request to the coordinator, over all retries
 * @param maxKeyBytes of a key
 * @param maxValueBytes of a value
 * @param clientSessionTtlMs a session for writes that are executed once is forgotten when nobody used it for so long
 * @param fillBytesPerSecond sent at most to fill new copies of shards, all together; what is written to them meanwhile comes on
 *     top
 * @param heartbeatMs between a Raft leader's messages
 * @param electionMinMs the shortest election time-out
 * @param electionMaxMs the longest election time-out
 * @param maxConnections of clients; more are refused
 * @param ioThreads event loops; 0: one per core but one, at least one
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
        int clientSessionTtlMs,
        int fillBytesPerSecond,
        int heartbeatMs,
        int electionMinMs,
        int electionMaxMs,
        int maxConnections,
        int ioThreads) {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private static final Setting<HostPort> LISTEN = Setting.address(
                    "ip", 0, "Where clients and the other servers connect.")
            .required();
    private static final Setting<HostPort> ANNOUNCE = Setting.address(
                    "announce",
                    0,
                    "The address that clients and other servers are told, where it differs from `ip`. The server"
                            + " belongs to the group whose list holds it.")
            .orElseDerived("`ip`");
    private static final Setting<Path> DATA = Setting.folder("data", "What this server alone keeps; never shared.")
            .orElseDerived("`data/server-<port of ip>`");
    private static final Setting<List<HostPort>> COORDINATORS = Setting.addresses(
                    "coordinator", "The `ip` of every coordinator node.")
            .orElse(HostPort.parseList(":50000,:50001,:50002"));
    private static final Setting<String> SERVICE = Setting.name(
                    "service", "The coordinator's service in whose slots the leaders of the shards register.")
            .orElse("kv");
    private static final Setting<Integer> SESSION_TIMEOUT_MS = Setting.integer(
                    "sessionTimeoutMs",
                    200,
                    600_000,
                    "Milliseconds without a heartbeat after which the coordinator takes this server for gone.")
            .orElse(2000);
    private static final Setting<Integer> REQUEST_TIMEOUT_MS = Setting.integer(
                    "requestTimeoutMs", 100, 60_000, "Milliseconds for a request to the coordinator, with all retries.")
            .orElse(10_000);
    private static final Setting<Integer> MAX_KEY_BYTES =
            Setting.integer("maxKeyBytes", 1, MIB, "The largest key in bytes.").orElse(64 * KIB);
    // The decoder's limit is a little above 8 MiB, so a value of exactly this size fits into a command.
    private static final Setting<Integer> MAX_VALUE_BYTES = Setting.integer(
                    "maxValueBytes", 1, 8 * MIB, "The largest value in bytes.")
            .orElse(8 * MIB);
    // Longer than any client repeats a write; a session that is gone by then leaves it of unknown outcome.
    private static final Setting<Integer> CLIENT_SESSION_TTL_MS = Setting.integer(
                    "clientSessionTtlMs",
                    1_000,
                    86_400_000,
                    "Milliseconds without a command after which the session of a client, for writes that are executed"
                            + " once, is forgotten. More than any client's request time-out.")
            .orElse(600_000);
    // A quarter of a 1 Gbit/s link.
    private static final Setting<Integer> FILL_BYTES_PER_SECOND = Setting.integer(
                    "fillBytesPerSecond",
                    64 * KIB,
                    1024 * MIB,
                    "Bytes per second that this server sends at most to fill new copies of shards, all together. What is"
                            + " written to the shards meanwhile comes on top. More makes moves shorter and takes more from"
                            + " the clients.")
            .orElse(32 * MIB);
    private static final Setting<Integer> MAX_CONNECTIONS = Setting.integer(
                    "maxConnections", 1, 1_000_000, "Clients at a time; more are refused.")
            .orElse(10_000);
    private static final Setting<Integer> IO_THREADS = Setting.integer(
                    "ioThreads",
                    0,
                    256,
                    "Event loops; 0 means one per core but one, at least one. Each shard belongs to one.")
            .orElse(0);

    /** The table of its file. */
    public static final ConfigSchema SCHEMA = new ConfigSchema(
            "the server",
            List.of("server"),
            List.of(
                    LISTEN,
                    ANNOUNCE,
                    DATA,
                    COORDINATORS,
                    SERVICE,
                    SESSION_TIMEOUT_MS,
                    REQUEST_TIMEOUT_MS,
                    MAX_KEY_BYTES,
                    MAX_VALUE_BYTES,
                    CLIENT_SESSION_TTL_MS,
                    FILL_BYTES_PER_SECOND,
                    RaftTimes.HEARTBEAT_MS,
                    RaftTimes.ELECTION_MIN_MS,
                    RaftTimes.ELECTION_MAX_MS,
                    MAX_CONNECTIONS,
                    IO_THREADS));

    /** Checks every range. */
    public ServerConfig {
        coordinators = List.copyOf(coordinators);
        LISTEN.check(listen);
        ANNOUNCE.check(announce);
        COORDINATORS.check(coordinators);
        SERVICE.check(service);
        SESSION_TIMEOUT_MS.check(sessionTimeoutMs);
        REQUEST_TIMEOUT_MS.check(requestTimeoutMs);
        MAX_KEY_BYTES.check(maxKeyBytes);
        MAX_VALUE_BYTES.check(maxValueBytes);
        CLIENT_SESSION_TTL_MS.check(clientSessionTtlMs);
        FILL_BYTES_PER_SECOND.check(fillBytesPerSecond);
        RaftTimes.check(heartbeatMs, electionMinMs, electionMaxMs);
        MAX_CONNECTIONS.check(maxConnections);
        IO_THREADS.check(ioThreads);
        if (coordinators.isEmpty()) {
            throw new ConfigException(null, 0, COORDINATORS.name(), "is missing; allowed: at least one address");
        }
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
        return new Builder(SCHEMA.read(file));
    }

    /** All settings at their defaults but {@code listen}, which has none. */
    public static Builder builder() {
        return new Builder(new Settings());
    }

    /** A builder with these settings. */
    public Builder toBuilder() {
        return builder()
                .listen(listen)
                .announce(announce)
                .data(data)
                .coordinators(coordinators)
                .service(service)
                .sessionTimeoutMs(sessionTimeoutMs)
                .requestTimeoutMs(requestTimeoutMs)
                .maxKeyBytes(maxKeyBytes)
                .maxValueBytes(maxValueBytes)
                .clientSessionTtlMs(clientSessionTtlMs)
                .fillBytesPerSecond(fillBytesPerSecond)
                .heartbeatMs(heartbeatMs)
                .electionMinMs(electionMinMs)
                .electionMaxMs(electionMaxMs)
                .maxConnections(maxConnections)
                .ioThreads(ioThreads);
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

        /** Default: the same as {@code listen}. */
        public Builder announce(HostPort address) {
            return put(ANNOUNCE, address);
        }

        /** Default: {@code data/server-<port>}. */
        public Builder data(Path folder) {
            return put(DATA, folder);
        }

        /** Default: 127.0.0.1:50000, :50001 and :50002. */
        public Builder coordinators(List<HostPort> addresses) {
            return put(COORDINATORS, List.copyOf(addresses));
        }

        /** Default: {@code kv}. */
        public Builder service(String name) {
            return put(SERVICE, name);
        }

        /** Default: 2000. */
        public Builder sessionTimeoutMs(int ms) {
            return put(SESSION_TIMEOUT_MS, ms);
        }

        /** Default: 10000. */
        public Builder requestTimeoutMs(int ms) {
            return put(REQUEST_TIMEOUT_MS, ms);
        }

        /** Default: 64 KiB. */
        public Builder maxKeyBytes(int bytes) {
            return put(MAX_KEY_BYTES, bytes);
        }

        /** Default: 8 MiB. */
        public Builder maxValueBytes(int bytes) {
            return put(MAX_VALUE_BYTES, bytes);
        }

        /** Default: 600000, ten minutes. */
        public Builder clientSessionTtlMs(int ms) {
            return put(CLIENT_SESSION_TTL_MS, ms);
        }

        /** Default: 32 MiB. */
        public Builder fillBytesPerSecond(int bytes) {
            return put(FILL_BYTES_PER_SECOND, bytes);
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

        /** Default: 0, which is one per core but one, at least one. */
        public Builder ioThreads(int count) {
            return put(IO_THREADS, count);
        }

        /**
         * Checks everything.
         *
         * @throws ConfigException if a setting is missing, or does not go with another
         */
        public ServerConfig build() {
            try {
                HostPort listen = settings.get(LISTEN);
                return new ServerConfig(
                        listen,
                        settings.get(ANNOUNCE, listen),
                        settings.get(DATA, Path.of("data", "server-" + listen.port())),
                        settings.get(COORDINATORS),
                        settings.get(SERVICE),
                        settings.get(SESSION_TIMEOUT_MS),
                        settings.get(REQUEST_TIMEOUT_MS),
                        settings.get(MAX_KEY_BYTES),
                        settings.get(MAX_VALUE_BYTES),
                        settings.get(CLIENT_SESSION_TTL_MS),
                        settings.get(FILL_BYTES_PER_SECOND),
                        settings.get(RaftTimes.HEARTBEAT_MS),
                        settings.get(RaftTimes.ELECTION_MIN_MS),
                        settings.get(RaftTimes.ELECTION_MAX_MS),
                        settings.get(MAX_CONNECTIONS),
                        settings.get(IO_THREADS));
            } catch (ConfigException e) {
                throw settings.located(e);
            }
        }
    }
}
