package io.raftkv.callback;

import io.raftkv.config.ConfigException;
import io.raftkv.config.ConfigSchema;
import io.raftkv.config.HostPort;
import io.raftkv.config.Setting;
import io.raftkv.config.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * How a client reaches the coordinator.
 *
 * <p>Threads: immutable.
 *
 * @param coordinators the coordinator's nodes, at least one; any of them will do at any time
 * @param service whose slots, members and leader are meant; services know nothing of each other
 * @param sessionTimeoutMs after so long without a heartbeat the coordinator declares this client gone
 * @param requestTimeoutMs for one request, over all its retries
 */
public record ClientConfig(List<HostPort> coordinators, String service, int sessionTimeoutMs, int requestTimeoutMs) {
    private static final Setting<List<HostPort>> COORDINATORS = Setting.addresses(
                    "ip", "The `ip` of every coordinator node. A client needs one of them at a time.")
            .required();
    private static final Setting<String> SERVICE = Setting.name(
                    "service", "Whose slots, members and leader are meant. Services know nothing of each other.")
            .orElse("default");
    private static final Setting<Integer> SESSION_TIMEOUT_MS = Setting.integer(
                    "sessionTimeoutMs",
                    200,
                    600_000,
                    "Milliseconds without a heartbeat after which the coordinator takes this client for gone.")
            .orElse(2000);
    private static final Setting<Integer> REQUEST_TIMEOUT_MS = Setting.integer(
                    "requestTimeoutMs", 100, 60_000, "Milliseconds for one request, with all its retries.")
            .orElse(10_000);

    /** The table of its file. */
    public static final ConfigSchema SCHEMA = new ConfigSchema(
            "the client",
            List.of("hosts", "host"),
            List.of(COORDINATORS, SERVICE, SESSION_TIMEOUT_MS, REQUEST_TIMEOUT_MS));

    /** Checks every range. */
    public ClientConfig {
        coordinators = List.copyOf(coordinators);
        COORDINATORS.check(coordinators);
        SERVICE.check(service);
        SESSION_TIMEOUT_MS.check(sessionTimeoutMs);
        REQUEST_TIMEOUT_MS.check(requestTimeoutMs);
        if (coordinators.isEmpty()) {
            throw new ConfigException(null, 0, COORDINATORS.name(), "is missing; allowed: at least one address");
        }
    }

    /**
     * Reads a file, YAML if its name ends with {@code .yaml} or {@code .yml}, else XML.
     *
     * @throws ConfigException if it cannot be read or is not right
     */
    public static ClientConfig load(Path file) {
        Settings settings = SCHEMA.read(file);
        return new ClientConfig(
                settings.get(COORDINATORS),
                settings.get(SERVICE),
                settings.get(SESSION_TIMEOUT_MS),
                settings.get(REQUEST_TIMEOUT_MS));
    }

    /**
     * The service {@code default} and the default time-outs, with the coordinators from {@code ip:port,ip:port}.
     *
     * @throws ConfigException if an item is no address
     */
    public static ClientConfig of(String coordinators) {
        try {
            return of(HostPort.parseList(coordinators));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(null, 0, "coordinators", String.valueOf(e.getMessage()));
        }
    }

    /** The service {@code default} and the default time-outs. */
    public static ClientConfig of(List<HostPort> coordinators) {
        return new ClientConfig(
                coordinators,
                Objects.requireNonNull(SERVICE.fallback()),
                Objects.requireNonNull(SESSION_TIMEOUT_MS.fallback()),
                Objects.requireNonNull(REQUEST_TIMEOUT_MS.fallback()));
    }

    /** The same with other coordinators. */
    public ClientConfig withCoordinators(List<HostPort> other) {
        return new ClientConfig(other, service, sessionTimeoutMs, requestTimeoutMs);
    }

    /** The same with another service. */
    public ClientConfig withService(String other) {
        return new ClientConfig(coordinators, other, sessionTimeoutMs, requestTimeoutMs);
    }

    /** The same with another session time-out. */
    public ClientConfig withSessionTimeoutMs(int ms) {
        return new ClientConfig(coordinators, service, ms, requestTimeoutMs);
    }

    /** The same with another request time-out. */
    public ClientConfig withRequestTimeoutMs(int ms) {
        return new ClientConfig(coordinators, service, sessionTimeoutMs, ms);
    }
}
