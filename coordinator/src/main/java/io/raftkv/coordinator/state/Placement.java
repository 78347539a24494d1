package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a shard is: its Raft group's newest committed configuration that its leader told of. What decides is the group's own
 * log; this is for those who cannot ask it.
 *
 * @param index of the configuration in the group's log; a later one has a larger index
 * @param mapVersion of the shard map that asked for it
 * @param voters each voter's incarnation, by server
 * @param retired by server, the highest incarnation that ever left the group
 */
public record Placement(
        int shard,
        long generation,
        long index,
        long mapVersion,
        SortedMap<Long, Long> voters,
        SortedMap<Long, Long> retired) {
    public Placement {
        voters = Collections.unmodifiableSortedMap(new TreeMap<>(voters));
        retired = Collections.unmodifiableSortedMap(new TreeMap<>(retired));
    }

    boolean isNewerThan(Placement other) {
        return generation != other.generation ? generation > other.generation : index > other.index;
    }

    RespValue toReply() {
        return RespValue.array(
                RespValue.integer(shard),
                RespValue.integer(generation),
                RespValue.integer(index),
                RespValue.integer(mapVersion),
                replicas(voters),
                replicas(retired));
    }

    private static RespValue replicas(SortedMap<Long, Long> replicas) {
        List<RespValue> rows = replicas.entrySet().stream()
                .map(replica -> RespValue.array(
                        RespValue.bulk(Long.toHexString(replica.getKey())), RespValue.integer(replica.getValue())))
                .toList();
        return RespValue.array(rows);
    }

    static void write(WireWriter out, Placement placement) {
        out.i32(placement.shard).i64(placement.generation).i64(placement.index).i64(placement.mapVersion);
        write(out, placement.voters);
        write(out, placement.retired);
    }

    private static void write(WireWriter out, SortedMap<Long, Long> replicas) {
        out.list(replicas.entrySet(), (o, replica) -> o.i64(replica.getKey()).i64(replica.getValue()));
    }

    static Placement read(WireReader in) {
        return new Placement(in.i32(), in.i64(), in.i64(), in.i64(), replicas(in), replicas(in));
    }

    private static SortedMap<Long, Long> replicas(WireReader in) {
        SortedMap<Long, Long> replicas = new TreeMap<>();
        in.list(i -> Map.entry(i.i64(), i.i64()))
                .forEach(replica -> replicas.put(replica.getKey(), replica.getValue()));
        return replicas;
    }
}
