package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The shard map with its history, the servers that are known, and the genesis of each shard that was opened.
 *
 * <p>An opened shard has data, which only a membership change of its Raft group moves; this release has none, so that a
 * change of the map which would move one is refused as a whole.
 *
 * <p>Threads: the group's loop.
 */
final class ShardControl {
    private final TreeMap<Long, ShardMap> history = new TreeMap<>();
    private final TreeMap<String, Long> servers = new TreeMap<>();
    private final TreeMap<Integer, Genesis> opened = new TreeMap<>();

    private ShardControl() {}

    static ShardControl initial(int shards) {
        ShardControl control = new ShardControl();
        control.history.put(0L, ShardMap.initial(shards));
        return control;
    }

    ShardMap current() {
        return history.lastEntry().getValue();
    }

    int shards() {
        return current().gids().size();
    }

    void join(Command.JoinGroups command) {
        ShardMap map = current();
        SortedMap<Integer, List<String>> groups = new TreeMap<>(map.groups());
        TreeMap<String, Integer> owners = new TreeMap<>();
        groups.forEach((gid, addresses) -> addresses.forEach(a -> owners.put(Names.normalAddress(a), gid)));
        command.groups().forEach((gid, addresses) -> {
            if (groups.containsKey(gid)) {
                throw Refusal.error("group " + gid + " is there already");
            }
            for (String address : addresses) {
                Integer owner = owners.get(Names.normalAddress(address));
                if (owner != null) {
                    throw Refusal.error("address " + address + " belongs to group " + owner);
                }
            }
        });
        groups.putAll(command.groups());
        if (groups.size() > Limits.MAX_GROUPS) {
            throw Refusal.refused("there can be " + Limits.MAX_GROUPS + " groups");
        }
        change(map.next(Rebalancer.spread(map.gids(), new java.util.TreeSet<>(groups.keySet())), groups));
    }

    void leave(Command.LeaveGroups command) {
        ShardMap map = current();
        SortedMap<Integer, List<String>> groups = new TreeMap<>(map.groups());
        for (int gid : command.gids()) {
            if (groups.remove(gid) == null) {
                throw Refusal.noSuchGroup(gid);
            }
        }
        if (groups.isEmpty() && !opened.isEmpty()) {
            throw Refusal.refused("the last group holds the data of " + numbered(opened.keySet())
                    + "; join another group before it leaves");
        }
        change(map.next(Rebalancer.spread(map.gids(), new java.util.TreeSet<>(groups.keySet())), groups));
    }

    void move(Command.MoveShard command) {
        ShardMap map = current();
        checkShard(command.shard());
        if (!map.groups().containsKey(command.gid())) {
            throw Refusal.noSuchGroup(command.gid());
        }
        List<Integer> gids = new ArrayList<>(map.gids());
        gids.set(command.shard(), command.gid());
        change(map.next(gids, map.groups()));
    }

    private void change(ShardMap next) {
        List<Integer> before = current().gids();
        List<Integer> moved = new ArrayList<>();
        for (int shard : opened.keySet()) {
            if (!before.get(shard).equals(next.gids().get(shard))) {
                moved.add(shard);
            }
        }
        if (!moved.isEmpty()) {
            throw Refusal.refused("this would move " + numbered(moved)
                    + ", already opened on the servers that hold the data; this release cannot move opened shards yet;"
                    + " nothing was changed");
        }
        history.put(next.version(), next);
        while (history.size() > Limits.MAX_MAP_VERSIONS) {
            history.pollFirstEntry();
        }
    }

    private static String numbered(Collection<Integer> shards) {
        int shown = 10;
        String numbers = String.join(
                ", ", shards.stream().limit(shown).map(String::valueOf).toList());
        String more = shards.size() > shown ? " and " + (shards.size() - shown) + " more" : "";
        return (shards.size() == 1 ? "shard " : "shards ") + numbers + more;
    }

    void bind(Command.BindServer command) {
        Long holder = servers.get(command.address());
        if (holder != null && holder == command.server()) {
            return;
        }
        if (holder != null) {
            throw new Refusal("ADDRESSBOUND " + command.address() + " belongs to server " + Long.toHexString(holder)
                    + ", not to " + Long.toHexString(command.server())
                    + "; start the server with the data folder it had, or at another address");
        }
        String earlier = addressOf(command.server());
        if (earlier != null && isInUse(earlier)) {
            throw Refusal.refused("server " + Long.toHexString(command.server()) + " is known at " + earlier
                    + ", which a group names; start it there");
        }
        if (servers.size() >= Limits.MAX_SERVERS) {
            throw Refusal.refused("there can be " + Limits.MAX_SERVERS + " servers");
        }
        if (earlier != null) {
            servers.remove(earlier);
        }
        servers.put(command.address(), command.server());
    }

    private @Nullable String addressOf(long server) {
        return servers.entrySet().stream()
                .filter(bound -> bound.getValue() == server)
                .map(java.util.Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    private boolean isInUse(String address) {
        return current().groups().values().stream().anyMatch(group -> group.stream()
                        .anyMatch(a -> Names.normalAddress(a).equals(address)))
                || opened.values().stream().anyMatch(g -> g.voters().stream()
                        .anyMatch(v -> v.address().equals(address)));
    }

    Genesis activate(Command.Activate command) {
        checkShard(command.shard());
        Genesis written = opened.get(command.shard());
        if (written != null) {
            return written;
        }
        List<String> missing = new ArrayList<>();
        List<Genesis.Voter> voters = new ArrayList<>();
        for (String given : current().serversOf(command.shard())) {
            String address = Names.normalAddress(given);
            Long server = servers.get(address);
            if (server == null) {
                missing.add(address);
            } else {
                voters.add(new Genesis.Voter(server, Genesis.FIRST, address));
            }
        }
        if (!missing.isEmpty()) {
            throw Refusal.notReady("shard " + command.shard() + " waits for the servers at "
                    + String.join(", ", missing) + ", which have not announced themselves");
        }
        if (voters.isEmpty()) {
            throw Refusal.notReady("shard " + command.shard() + " belongs to no group; join one");
        }
        Genesis genesis = new Genesis(command.shard(), Genesis.FIRST, voters);
        opened.put(command.shard(), genesis);
        return genesis;
    }

    /** A map of the past, or the newest if {@code version} is negative. */
    ShardMap query(long version) {
        if (version < 0) {
            return current();
        }
        ShardMap map = history.get(version);
        if (map == null) {
            throw Refusal.error("no map of version " + version + "; versions " + history.firstKey() + ".."
                    + history.lastKey() + " are kept");
        }
        return map;
    }

    RespValue genesisReply() {
        return RespValue.array(opened.values().stream().map(Genesis::toReply).toList());
    }

    RespValue genesisReply(int shard) {
        checkShard(shard);
        Genesis genesis = opened.get(shard);
        return genesis == null ? RespValue.array() : RespValue.array(genesis.toReply());
    }

    RespValue serversReply() {
        List<RespValue> flat = new ArrayList<>();
        servers.forEach((address, server) -> {
            flat.add(RespValue.bulk(address));
            flat.add(RespValue.bulk(Long.toHexString(server)));
        });
        return new RespValue.MapValue(flat);
    }

    private void checkShard(int shard) {
        if (shard < 0 || shard >= shards()) {
            throw Refusal.error("shard must be 0.." + (shards() - 1));
        }
    }

    ShardControl copy() {
        ShardControl copy = new ShardControl();
        copy.history.putAll(history);
        copy.servers.putAll(servers);
        copy.opened.putAll(opened);
        return copy;
    }

    void write(WireWriter out) {
        out.list(history.values(), ShardMap::write);
        out.list(servers.entrySet(), (o, bound) -> o.text(bound.getKey()).i64(bound.getValue()));
        out.list(opened.values(), Genesis::write);
    }

    static ShardControl read(WireReader in) {
        ShardControl control = new ShardControl();
        in.list(ShardMap::read).forEach(map -> control.history.put(map.version(), map));
        in.list(i -> java.util.Map.entry(i.text(), i.i64()))
                .forEach(bound -> control.servers.put(bound.getKey(), bound.getValue()));
        in.list(Genesis::read).forEach(genesis -> control.opened.put(genesis.shard(), genesis));
        if (control.history.isEmpty()) {
            throw new WireException("a state without a shard map");
        }
        return control;
    }
}
