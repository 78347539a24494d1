package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;

/**
 * The first members of a shard's Raft group. Written once; afterwards only Raft changes them.
 *
 * @param generation rises if a shard is ever begun anew; 1 today
 */
record Genesis(int shard, long generation, List<Voter> voters) {
    /** The first generation of a shard, and the incarnation of its first voters. */
    static final long FIRST = 1;

    /** A member of the group. */
    record Voter(long server, long incarnation, String address) {}

    Genesis {
        voters = List.copyOf(voters);
    }

    RespValue toReply() {
        List<RespValue> rows = new ArrayList<>();
        for (Voter voter : voters) {
            rows.add(RespValue.array(
                    RespValue.bulk(Long.toHexString(voter.server)),
                    RespValue.integer(voter.incarnation),
                    RespValue.bulk(voter.address)));
        }
        return RespValue.array(RespValue.integer(shard), RespValue.integer(generation), RespValue.array(rows));
    }

    static void write(WireWriter out, Genesis genesis) {
        out.i32(genesis.shard).i64(genesis.generation);
        out.list(genesis.voters, (o, v) -> o.i64(v.server).i64(v.incarnation).text(v.address));
    }

    static Genesis read(WireReader in) {
        return new Genesis(in.i32(), in.i64(), in.list(i -> new Voter(i.i64(), i.i64(), i.text())));
    }
}
