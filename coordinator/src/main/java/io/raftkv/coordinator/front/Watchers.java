package io.raftkv.coordinator.front;

import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The connections that are told where the coordinator's nodes are, so that a client outlives the nodes it was given.
 *
 * <p>Threads: the group's loop.
 */
final class Watchers {
    private final Map<Long, RespConnection> connections = new LinkedHashMap<>();
    private List<String> told = List.of();

    void add(RespConnection connection) {
        if (connection.protocol() == 3) {
            connections.put(connection.id(), connection);
        }
    }

    void remove(long connection) {
        connections.remove(connection);
    }

    /** Tells all, if that is new. */
    void tell(List<String> addresses) {
        if (addresses.equals(told)) {
            return;
        }
        told = List.copyOf(addresses);
        List<RespValue> items = new ArrayList<>();
        items.add(RespValue.bulk("coordinators"));
        addresses.forEach(address -> items.add(RespValue.bulk(address)));
        connections.values().removeIf(connection -> connection.protocol() != 3);
        connections.values().forEach(connection -> connection.push(RespValue.push(items)));
    }
}
