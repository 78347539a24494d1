package io.raftkv.coordinator.state;

import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.coordinator.wire.ValueCodec;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The results of recent requests, so that one that is sent again is not carried out again (Raft §6.3). Bounded by client
 * and in the number of clients; a client is forgotten {@link Limits#REQUEST_TTL_MS} of log time after its last request.
 * A client that is not forgotten is never pushed out by new ones, which are refused instead.
 *
 * <p>Threads: the group's loop.
 */
final class RequestLog {
    /** In the order of last use, so that the expired ones stand in front. */
    private final LinkedHashMap<Long, Client> clients = new LinkedHashMap<>(16, 0.75f, true);

    private static final class Client {
        private final TreeMap<Long, RespValue> results = new TreeMap<>();
        private long lastUsedMs;
        /** Results of requests up to this one may have been dropped. */
        private long droppedUpTo;

        Client copy() {
            Client copy = new Client();
            copy.results.putAll(results);
            copy.lastUsedMs = lastUsedMs;
            copy.droppedUpTo = droppedUpTo;
            return copy;
        }

        static void write(WireWriter out, Client client) {
            out.i64(client.lastUsedMs).i64(client.droppedUpTo);
            out.list(
                    client.results.entrySet(),
                    (o, result) -> ValueCodec.write(o.i64(result.getKey()), result.getValue()));
        }

        static Client read(WireReader in) {
            Client client = new Client();
            client.lastUsedMs = in.i64();
            client.droppedUpTo = in.i64();
            in.list(i -> Map.entry(i.i64(), ValueCodec.read(i)))
                    .forEach(result -> client.results.put(result.getKey(), result.getValue()));
            return client;
        }
    }

    /** Forgets the clients that were silent for too long. */
    void expire(long timeMs) {
        Iterator<Client> oldestFirst = clients.values().iterator();
        while (oldestFirst.hasNext() && oldestFirst.next().lastUsedMs < timeMs - Limits.REQUEST_TTL_MS) {
            oldestFirst.remove();
        }
    }

    /** What the request was answered, or null if it must be carried out. */
    @Nullable
    RespValue answered(RequestId id) {
        Client client = clients.get(id.client());
        if (client == null) {
            return clients.size() < Limits.MAX_REQUEST_CLIENTS
                    ? null
                    : RespValue.error("BUSY too many clients send requests; retry in a minute");
        }
        RespValue result = client.results.get(id.seq());
        if (result == null && id.seq() <= client.droppedUpTo) {
            return RespValue.error("TIMEOUT the outcome of request " + id.seq() + " is no longer known");
        }
        return result;
    }

    /**
     * Keeps a result. What asks to be tried again, and so changed nothing, is not kept: the client may well try again
     * under the same number.
     */
    void keep(RequestId id, long timeMs, RespValue result) {
        if (result instanceof RespValue.Error error
                && (error.code().equals("BUSY") || error.code().equals("NOTREADY"))) {
            return;
        }
        Client client = clients.computeIfAbsent(id.client(), c -> new Client());
        client.lastUsedMs = timeMs;
        client.results.put(id.seq(), result);
        if (client.results.size() > Limits.MAX_RESULTS_PER_CLIENT) {
            client.droppedUpTo = client.results.pollFirstEntry().getKey();
        }
    }

    RequestLog copy() {
        RequestLog copy = new RequestLog();
        clients.forEach((id, client) -> copy.clients.put(id, client.copy()));
        return copy;
    }

    void write(WireWriter out) {
        out.list(clients.entrySet(), (o, client) -> Client.write(o.i64(client.getKey()), client.getValue()));
    }

    static RequestLog read(WireReader in) {
        RequestLog log = new RequestLog();
        in.list(i -> Map.entry(i.i64(), Client.read(i)))
                .forEach(client -> log.clients.put(client.getKey(), client.getValue()));
        return log;
    }
}
