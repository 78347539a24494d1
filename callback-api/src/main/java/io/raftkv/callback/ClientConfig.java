package io.raftkv.callback;

import io.raftkv.config.ConfigException;
import io.raftkv.config.HostPort;
import java.nio.file.Path;
import java.util.List;

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
    public ClientConfig {
        coordinators = List.copyOf(coordinators);
    }

    /**
     * Reads a file, YAML if its name ends with {@code .yaml} or {@code .yml}, else XML.
     *
     * @throws ConfigException if it cannot be read or is not right
     */
    public static ClientConfig load(Path file) {
        return of(file.toString());
    }

    /**
     * The service {@code default} and the default time-outs, with the coordinators from {@code ip:port,ip:port}.
     *
     * @throws ConfigException if an item is no address
     */
    public static ClientConfig of(String coordinators) {
        return of(HostPort.parseList(coordinators));
    }

    /** The service {@code default} and the default time-outs. */
    public static ClientConfig of(List<HostPort> coordinators) {
        return new ClientConfig(coordinators, "default", 2000, 10_000);
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
