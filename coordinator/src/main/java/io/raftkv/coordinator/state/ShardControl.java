package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The shard map with its history, the servers that are known, and of each shard that was opened its genesis and where it is.
 *
 * <p>The map says where shards should be. An opened shard has data, which only a membership change of its Raft group moves:
 * its leader follows the map and tells where the shard is. Until a shard is away from the servers of a group that left, or
 * that got other servers, these keep their addresses.
 *
 * <p>Threads: the group's loop.
 */
final class ShardControl {
    private final TreeMap<Long, ShardMap> history = new TreeMap<>();
    private final TreeMap<String, Long> servers = new TreeMap<>();
    private final TreeMap<Integer, Genesis> opened = new TreeMap<>();
    private final TreeMap<Integer, Placement> placed = new TreeMap<>();
    /** Addresses that no group names any more and that hold data still, and the group which each was of. */
    private final TreeMap<String, Integer> draining = new TreeMap<>();

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

    /** Adds groups; one that is there already gets the servers given in place of its own. */
    void join(Command.JoinGroups command) {
        ShardMap map = current();
        TreeMap<String, Integer> owners = new TreeMap<>(draining);
        map.groups().forEach((gid, addresses) -> {
            if (!command.groups().containsKey(gid)) {
                addresses.forEach(address -> owners.put(Names.normalAddress(address), gid));
            }
        });
        command.groups().forEach((gid, addresses) -> {
            if (addresses.equals(map.groups().get(gid))) {
                throw Refusal.error("group " + gid + " is there already, with these servers");
            }
            for (String address : addresses) {
                checkFree(address, gid, owners.get(Names.normalAddress(address)));
            }
        });
        SortedMap<Integer, List<String>> groups = new TreeMap<>(map.groups());
        groups.putAll(command.groups());
        if (groups.size() > Limits.MAX_GROUPS) {
            throw Refusal.refused("there can be " + Limits.MAX_GROUPS + " groups");
        }
        spread(groups);
    }

    private void checkFree(String address, int gid, @Nullable Integer owner) {
        if (owner == null || owner == gid) {
            return;
        }
        if (draining.containsKey(Names.normalAddress(address))) {
            throw Refusal.refused("address " + address + " still holds shards of group " + owner
                    + ", which move away from it; wait until they have");
        }
        throw Refusal.error("address " + address + " belongs to group " + owner);
    }

    void leave(Command.LeaveGroups command) {
        SortedMap<Integer, List<String>> groups = new TreeMap<>(current().groups());
        for (int gid : command.gids()) {
            if (groups.remove(gid) == null) {
                throw Refusal.noSuchGroup(gid);
            }
        }
        if (groups.isEmpty() && !opened.isEmpty()) {
            throw Refusal.refused("the last group holds the data of " + numbered(opened.keySet())
                    + "; join another group before it leaves");
        }
        spread(groups);
    }

    private void spread(SortedMap<Integer, List<String>> groups) {
        change(current().next(Rebalancer.spread(current().gids(), new TreeSet<>(groups.keySet())), groups));
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

    /** The server at an address lost its data: another one may take its place there. */
    void replace(Command.ReplaceServer command) {
        if (!servers.containsKey(command.address())) {
            throw Refusal.error("no server is known at " + command.address());
        }
        servers.remove(command.address());
        // Shards follow a newer map only, and this is one: it means another server by the same address.
        ShardMap map = current();
        change(map.next(map.gids(), map.groups()));
    }

    /** Maps that may have been given out and lost are older than all that come from now on. */
    void leaveGap() {
        ShardMap map = current();
        change(new ShardMap(map.version() + Limits.RECOVERY_GAP, map.gids(), map.groups()));
    }

    private void change(ShardMap next) {
        current()
                .groups()
                .forEach((gid, addresses) -> addresses.forEach(a -> draining.put(Names.normalAddress(a), gid)));
        history.put(next.version(), next);
        while (history.size() > Limits.MAX_MAP_VERSIONS) {
            history.pollFirstEntry();
        }
        forgetDrained();
    }

    /** An address is free once no group names it and no shard is there. */
    private void forgetDrained() {
        current().groups().values().forEach(group -> group.forEach(a -> draining.remove(Names.normalAddress(a))));
        if (!draining.isEmpty()) {
            draining.keySet().retainAll(holders());
        }
    }

    /** The addresses of the servers that hold an opened shard. */
    private Set<String> holders() {
        Set<Long> ids = new TreeSet<>();
        for (Genesis genesis : opened.values()) {
            Placement placement = placed.get(genesis.shard());
            if (placement == null) {
                genesis.voters().forEach(voter -> ids.add(voter.server()));
            } else {
                ids.addAll(placement.voters().keySet());
            }
        }
        Set<String> addresses = new TreeSet<>();
        servers.forEach((address, server) -> {
            if (ids.contains(server)) {
                addresses.add(address);
            }
        });
        return addresses;
    }

    /** The leader of a shard tells where it is. What is older than what is known changes nothing. */
    void place(Placement told) {
        checkShard(told.shard());
        Genesis genesis = opened.get(told.shard());
        if (genesis == null) {
            throw Refusal.error("shard " + told.shard() + " was not opened");
        }
        Placement known = placed.get(told.shard());
        if (known == null || told.isNewerThan(known)) {
            placed.put(told.shard(), told);
            forgetDrained();
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
                    + "; start the server with the data folder it had, or at another address; if that folder is lost:"
                    + " raftkv ctl replace " + command.address());
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
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    private boolean isInUse(String address) {
        return current().groups().values().stream().anyMatch(group -> group.stream()
                        .anyMatch(a -> Names.normalAddress(a).equals(address)))
                || holders().contains(address);
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

    RespValue placementsReply() {
        return RespValue.array(placed.values().stream().map(Placement::toReply).toList());
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
        copy.placed.putAll(placed);
        copy.draining.putAll(draining);
        return copy;
    }

    void write(WireWriter out) {
        out.list(history.values(), ShardMap::write);
        out.list(servers.entrySet(), (o, bound) -> o.text(bound.getKey()).i64(bound.getValue()));
        out.list(opened.values(), Genesis::write);
        out.list(placed.values(), Placement::write);
        out.list(draining.entrySet(), (o, drains) -> o.text(drains.getKey()).i32(drains.getValue()));
    }

    static ShardControl read(WireReader in) {
        ShardControl control = new ShardControl();
        in.list(ShardMap::read).forEach(map -> control.history.put(map.version(), map));
        in.list(i -> Map.entry(i.text(), i.i64()))
                .forEach(bound -> control.servers.put(bound.getKey(), bound.getValue()));
        in.list(Genesis::read).forEach(genesis -> control.opened.put(genesis.shard(), genesis));
        in.list(Placement::read).forEach(placement -> control.placed.put(placement.shard(), placement));
        in.list(i -> Map.entry(i.text(), i.i32()))
                .forEach(drains -> control.draining.put(drains.getKey(), drains.getValue()));
        if (control.history.isEmpty()) {
            throw new WireException("a state without a shard map");
        }
        return control;
    }
}
