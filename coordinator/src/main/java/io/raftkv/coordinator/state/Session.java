package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A client that the coordinator watches.
 *
 * @param timeoutMs how long it may be silent while a coordinator leader stands
 * @param member what it joined its service as, or null
 */
public record Session(
        long id, String service, int timeoutMs, @Nullable Member member) {
    /** A place in a service. */
    public record Member(int index, Bytes address) {}

    Session withMember(Member joined) {
        return new Session(id, service, timeoutMs, joined);
    }

    static void write(WireWriter out, Session session) {
        out.i64(session.id).text(session.service).i32(session.timeoutMs);
        out.optional(session.member, (o, m) -> o.i32(m.index).bytes(m.address));
    }

    static Session read(WireReader in) {
        return new Session(in.i64(), in.text(), in.i32(), in.optional(i -> new Member(i.i32(), i.bytes())));
    }
}
