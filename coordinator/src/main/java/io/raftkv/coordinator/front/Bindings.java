package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Event;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that hear of events. Each is told what this node's own state has applied, in order and once, from the
 * event on that its client saw last. A node that is behind tells it later, never twice and never out of order.
 *
 * <p>Threads: the group's loop.
 */
final class Bindings {
    private static final Logger LOG = LoggerFactory.getLogger(Bindings.class);

    private final CoordinatorState state;
    private final Map<Long, Binding> byConnection = new LinkedHashMap<>();

    private static final class Binding {
        final RespConnection connection;
        final String service;
        final long session;
        long pushedSeq;

        Binding(RespConnection connection, String service, long session, long pushedSeq) {
            this.connection = connection;
            this.service = service;
            this.session = session;
            this.pushedSeq = pushedSeq;
        }
    }

    Bindings(CoordinatorState state) {
        this.state = state;
    }

    /** The connection hears what follows {@code lastSeenSeq}; another connection of the session hears no more. */
    void bind(RespConnection connection, String service, long session, long lastSeenSeq) {
        Binding before = byConnection.get(connection.id());
        // On the same connection what was pushed is on its way already.
        long from = before != null && before.session == session ? Math.max(before.pushedSeq, lastSeenSeq) : lastSeenSeq;
        byConnection.values().removeIf(other -> other.session == session);
        Binding binding = new Binding(connection, service, session, from);
        byConnection.put(connection.id(), binding);
        push(binding);
    }

    void unbind(long connection) {
        byConnection.remove(connection);
    }

    void sessionClosed(long session) {
        byConnection.values().removeIf(binding -> binding.session == session);
    }

    /** The service has new events. */
    void eventsAdded(String service) {
        for (Binding binding : new ArrayList<>(byConnection.values())) {
            if (binding.service.equals(service)) {
                push(binding);
            }
        }
    }

    private void push(Binding binding) {
        if (state.hasEnded(binding.session)) {
            // Its client learns it from the next heartbeat.
            byConnection.remove(binding.connection.id());
            return;
        }
        List<Event> events = state.eventsAfter(binding.service, binding.pushedSeq);
        if (events == null) {
            // A snapshot took this node further than the history reaches; the leader knows what to tell the client.
            LOG.info("session {} missed events that are no longer kept here", binding.session);
            byConnection.remove(binding.connection.id());
            binding.connection.close();
            return;
        }
        for (Event event : events) {
            binding.pushedSeq = event.seq();
            if (event.concerns(binding.session)) {
                binding.connection.push(message(event));
            }
        }
    }

    private static RespValue.Push message(Event event) {
        List<RespValue> items = new ArrayList<>();
        items.add(RespValue.bulk("event"));
        items.add(RespValue.integer(event.seq()));
        items.add(RespValue.bulk(event.kind().word()));
        for (Bytes arg : event.args()) {
            items.add(RespValue.bulk(arg.toArray()));
        }
        return RespValue.push(items);
    }
}
