package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import java.util.List;

/**
 * Something the sessions of a service are told.
 *
 * @param seq its place among the service's events, from 1
 * @param only the one session that is told, or 0 for all
 * @param except a session that is not told, or 0
 */
public record Event(long seq, Kind kind, List<Bytes> args, long only, long except) {
    /** What happened. The place in this list stands in snapshots. */
    public enum Kind {
        MEMBER_JOIN("member-join"),
        MEMBER_LEAVE("member-leave"),
        LEADER_FAILED("leader-failed"),
        DEPOSED("deposed"),
        SLOT("slot"),
        MAP("map");

        private static final Kind[] VALUES = values();
        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** How the protocol names it. */
        public String word() {
            return word;
        }
    }

    public Event {
        args = List.copyOf(args);
    }

    /** Whether {@code session} is told of it. */
    public boolean concerns(long session) {
        return session != except && (only == 0 || only == session);
    }

    int bytes() {
        int bytes = 64;
        for (Bytes arg : args) {
            bytes += arg.length();
        }
        return bytes;
    }

    static void write(WireWriter out, Event event) {
        out.i64(event.seq).u8(event.kind.ordinal()).list(event.args, WireWriter::bytes);
        out.i64(event.only).i64(event.except);
    }

    static Event read(WireReader in) {
        return new Event(in.i64(), Kind.VALUES[in.u8()], in.list(WireReader::bytes), in.i64(), in.i64());
    }
}
