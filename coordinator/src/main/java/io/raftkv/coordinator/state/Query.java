package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A question to the replicated state. Linearizable if asked on the leader behind a read barrier. */
public sealed interface Query {
    RespValue answer(CoordinatorState state);

    void write(WireWriter out);

    /** The texts of a service's slots. */
    record Slots(String service) implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.slots(service);
        }

        @Override
        public void write(WireWriter out) {
            out.u8(1).text(service);
        }
    }

    /** The addresses of a service's members. */
    record Alive(String service) implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.alive(service);
        }

        @Override
        public void write(WireWriter out) {
            out.u8(2).text(service);
        }
    }

    /** A service's members in full. */
    record Members(String service) implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.members(service);
        }

        @Override
        public void write(WireWriter out) {
            out.u8(3).text(service);
        }
    }

    /** A shard map; the newest if the version is negative. */
    record MapAt(long version) implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.map(version);
        }

        @Override
        public void write(WireWriter out) {
            out.u8(4).i64(version);
        }
    }

    /** The addresses that are bound to servers. */
    record Servers() implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.servers();
        }

        @Override
        public void write(WireWriter out) {
            out.u8(5);
        }
    }

    /** The genesis of one shard, or of all. */
    record GenesisOf(@Nullable Integer shard) implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.genesis(shard);
        }

        @Override
        public void write(WireWriter out) {
            out.u8(6).optional(shard, WireWriter::i32);
        }
    }

    /** Where the opened shards are, as far as their leaders have told. */
    record Placements() implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.placements();
        }

        @Override
        public void write(WireWriter out) {
            out.u8(9);
        }
    }

    /** Whether a session can go on from an event it saw: OK, or why not. */
    record Resumable(String service, long session, long lastSeenSeq) implements Query {
        @Override
        public RespValue answer(CoordinatorState state) {
            return state.resumable(service, session, lastSeenSeq);
        }

        @Override
        public void write(WireWriter out) {
            out.u8(7).text(service).i64(session).i64(lastSeenSeq);
        }
    }

    /** Which of these sessions have ended. Asked with heartbeats, which keep the others. */
    record Ended(List<Long> sessions) implements Query {
        public Ended {
            sessions = List.copyOf(sessions);
        }

        @Override
        public RespValue answer(CoordinatorState state) {
            return RespValue.array(sessions.stream()
                    .filter(id -> state.session(id) == null)
                    .map(RespValue::integer)
                    .toList());
        }

        @Override
        public void write(WireWriter out) {
            BiConsumer<WireWriter, Long> id = WireWriter::i64;
            out.u8(8).list(sessions, id);
        }
    }

    static Bytes encode(Query query) {
        WireWriter out = new WireWriter();
        query.write(out);
        return out.toBytes();
    }

    static Query decode(Bytes bytes) {
        WireReader in = new WireReader(bytes);
        int tag = in.u8();
        Query query =
                switch (tag) {
                    case 1 -> new Slots(in.text());
                    case 2 -> new Alive(in.text());
                    case 3 -> new Members(in.text());
                    case 4 -> new MapAt(in.i64());
                    case 5 -> new Servers();
                    case 6 -> new GenesisOf(in.optional(WireReader::i32));
                    case 7 -> new Resumable(in.text(), in.i64(), in.i64());
                    case 8 -> new Ended(in.list(WireReader::i64));
                    case 9 -> new Placements();
                    default -> throw new WireException("no query has the tag " + tag);
                };
        in.end();
        return query;
    }
}
