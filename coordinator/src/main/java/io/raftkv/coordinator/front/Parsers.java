package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.Fence;
import io.raftkv.coordinator.state.Placement;
import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.state.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** From the arguments of the longer commands to what they mean. */
final class Parsers {
    private Parsers() {}

    /** {@code SETSLOT service idx info [EPOCH session epoch] [FENCE generation term] [FORCE]}. */
    static Command setSlot(Args args) {
        Command.EpochClaim claim = null;
        Fence fence = null;
        boolean force = false;
        for (int i = 4; i < args.size(); i++) {
            String option = args.word(i);
            if (option.equals("FORCE")) {
                force = true;
            } else if (option.equals("EPOCH") && i + 2 < args.size()) {
                claim = new Command.EpochClaim(args.number(i + 1), args.integer(i + 2));
                i += 2;
            } else if (option.equals("FENCE") && i + 2 < args.size()) {
                fence = new Fence(args.number(i + 1), args.number(i + 2));
                i += 2;
            } else {
                throw new Refusal(
                        "ERR syntax: SETSLOT service idx info [EPOCH session epoch] [FENCE generation term] [FORCE]");
            }
        }
        return new Command.SetSlot(args.text(1), args.integer(2), args.bytes(3), claim, fence, force);
    }

    /** {@code JOIN gid addr,addr [gid addr,addr ...]}. */
    static Command join(Args args) {
        if (args.size() % 2 == 0) {
            throw new Refusal("ERR syntax: JOIN gid addr,addr,... [gid addr,addr,... ...]");
        }
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        for (int i = 1; i < args.size(); i += 2) {
            List<String> addresses = List.of(args.text(i + 1).split(",", -1));
            if (groups.put(args.integer(i), addresses) != null) {
                throw new Refusal("ERR group " + args.integer(i) + " is named twice");
            }
        }
        return new Command.JoinGroups(groups);
    }

    /** {@code LEAVE gid [gid ...]}. */
    static Command leave(Args args) {
        List<Integer> gids = new ArrayList<>();
        for (int i = 1; i < args.size(); i++) {
            gids.add(args.integer(i));
        }
        return new Command.LeaveGroups(gids);
    }

    /** {@code QUERY [version]}. */
    static Query map(Args args) {
        atMost(args, 2);
        return new Query.MapAt(args.size() > 1 ? args.number(1) : -1);
    }

    /** {@code GENESIS [shard]}. */
    static Query genesis(Args args) {
        atMost(args, 2);
        return new Query.GenesisOf(args.size() > 1 ? Integer.valueOf(args.integer(1)) : null);
    }

    /** {@code PLACED shard generation index mapVersion server/incarnation,... server/incarnation,...|-}. */
    static Command placed(Args args) {
        return new Command.PlaceShard(new Placement(
                args.integer(1),
                args.number(2),
                args.number(3),
                args.number(4),
                replicas(args.text(5)),
                replicas(args.text(6))));
    }

    private static SortedMap<Long, Long> replicas(String text) {
        SortedMap<Long, Long> replicas = new TreeMap<>();
        if (text.equals("-")) {
            return replicas;
        }
        for (String replica : text.split(",", -1)) {
            int slash = replica.indexOf('/');
            try {
                replicas.put(
                        Long.parseUnsignedLong(replica.substring(0, Math.max(0, slash)), 16),
                        Long.parseLong(replica.substring(slash + 1)));
            } catch (NumberFormatException e) {
                throw new Refusal("ERR '" + replica + "' is no replica; write server/incarnation");
            }
        }
        return replicas;
    }

    private static void atMost(Args args, int size) {
        if (args.size() > size) {
            throw new Refusal("ERR syntax: " + args.word(0) + " takes at most " + (size - 1) + " argument");
        }
    }
}
