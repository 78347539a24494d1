package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that is replicated, in one place, so that it is copied, written and read as a whole.
 *
 * <pre>u32 magic "RKCS" | u8 version = 1 | i64 next session | sessions | services | shard control | requests | roster</pre>
 *
 * <p>Threads: the group's loop; a copy belongs to whoever has it.
 */
final class StateData {
    private static final int MAGIC = 0x524b4353;
    private static final int VERSION = 1;

    final TreeMap<Long, Session> sessions = new TreeMap<>();
    final TreeMap<String, Service> services = new TreeMap<>();
    ShardControl shards;
    RequestLog requests = new RequestLog();
    Roster roster;
    long nextSession = 1;

    StateData(ShardControl shards, Roster roster) {
        this.shards = shards;
        this.roster = roster;
    }

    /** A copy that shares only what never changes. */
    StateData copy() {
        StateData copy = new StateData(shards.copy(), roster.copy());
        copy.sessions.putAll(sessions);
        services.forEach((name, service) -> copy.services.put(name, service.copy()));
        copy.requests = requests.copy();
        copy.nextSession = nextSession;
        return copy;
    }

    byte[] encode() {
        WireWriter out = new WireWriter();
        out.i32(MAGIC).u8(VERSION).i64(nextSession).list(sessions.values(), Session::write);
        out.list(services.entrySet(), (o, service) -> service.getValue().write(o.text(service.getKey())));
        shards.write(out);
        requests.write(out);
        roster.write(out);
        return out.toArray();
    }

    static StateData decode(byte[] bytes) {
        WireReader in = new WireReader(bytes);
        int magic = in.i32();
        int version = in.u8();
        if (magic != MAGIC || version != VERSION) {
            throw new WireException("no coordinator state of version " + VERSION + ": it begins with "
                    + Integer.toHexString(magic) + ", version " + version);
        }
        long nextSession = in.i64();
        TreeMap<Long, Session> sessions = new TreeMap<>();
        in.list(Session::read).forEach(session -> sessions.put(session.id(), session));
        TreeMap<String, Service> services = new TreeMap<>();
        in.list(i -> Map.entry(i.text(), Service.read(i)))
                .forEach(service -> services.put(service.getKey(), service.getValue()));
        ShardControl shards = ShardControl.read(in);
        RequestLog requests = RequestLog.read(in);
        StateData data = new StateData(shards, Roster.read(in));
        data.requests = requests;
        in.end();
        data.nextSession = nextSession;
        data.sessions.putAll(sessions);
        data.services.putAll(services);
        return data;
    }
}
