package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which group each shard is wanted at.
 *
 * @param version rises by one with each change, from 0, and once by far after each recovery of the coordinator by hand
 * @param gids the group of each shard; 0 is none
 * @param groups the addresses of each group, as they were given
 */
record ShardMap(long version, List<Integer> gids, SortedMap<Integer, List<String>> groups) {
    ShardMap {
        gids = List.copyOf(gids);
        groups = Collections.unmodifiableSortedMap(new TreeMap<>(groups));
    }

    static ShardMap initial(int shards) {
        return new ShardMap(0, Collections.nCopies(shards, 0), new TreeMap<>());
    }

    ShardMap next(List<Integer> newGids, SortedMap<Integer, List<String>> newGroups) {
        return new ShardMap(version + 1, newGids, newGroups);
    }

    List<String> serversOf(int shard) {
        return groups.getOrDefault(gids.get(shard), List.of());
    }

    RespValue toReply() {
        List<RespValue> shards = new ArrayList<>();
        gids.forEach(gid -> shards.add(RespValue.integer(gid)));
        List<RespValue> byGid = new ArrayList<>();
        groups.forEach((gid, addresses) -> {
            byGid.add(RespValue.bulk(Integer.toString(gid)));
            byGid.add(RespValue.array(addresses.stream().map(RespValue::bulk).toList()));
        });
        return RespValue.map(
                RespValue.bulk("version"),
                RespValue.integer(version),
                RespValue.bulk("shards"),
                RespValue.array(shards),
                RespValue.bulk("groups"),
                new RespValue.MapValue(byGid));
    }

    static void write(WireWriter out, ShardMap map) {
        out.i64(map.version).list(map.gids, WireWriter::i32);
        out.list(map.groups.entrySet(), (o, group) -> o.i32(group.getKey()).list(group.getValue(), WireWriter::text));
    }

    static ShardMap read(WireReader in) {
        long version = in.i64();
        List<Integer> gids = in.list(WireReader::i32);
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        in.list(i -> Map.entry(i.i32(), i.list(WireReader::text)))
                .forEach(group -> groups.put(group.getKey(), group.getValue()));
        return new ShardMap(version, gids, groups);
    }
}
