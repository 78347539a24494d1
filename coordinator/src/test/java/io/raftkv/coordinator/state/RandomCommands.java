package io.raftkv.coordinator.state;

import io.raftkv.raft.Bytes;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** Commands of all kinds, about few enough things that they meet. */
public final class RandomCommands {
    private RandomCommands() {}

    public static Command next(RandomGenerator random, int shards) {
        String service = "s" + random.nextInt(3);
        long session = 1L + random.nextInt(60);
        int gid = 1 + random.nextInt(5);
        return switch (random.nextInt(21)) {
            case 0, 1 -> new Command.OpenSession(service, 200 + random.nextInt(1_000));
            case 2 -> new Command.CloseSession(session);
            case 3 -> new Command.ExpireSessions(List.of(session, session + 1));
            case 4 -> new Command.JoinMember(session, random.nextInt(4), Bytes.utf8("host:" + random.nextInt(9)));
            case 5, 6 -> new Command.Elect(session, random.nextInt(500));
            case 7 -> randomSlot(random, service, session);
            case 8 -> randomSlot(random, service, session);
            case 9 -> joinGroups(gid, random);
            case 10 -> new Command.LeaveGroups(List.of(gid));
            case 11 -> new Command.MoveShard(random.nextInt(shards + 1), gid);
            case 12 -> new Command.BindServer(":" + (1 + random.nextInt(20)), 1L + random.nextInt(20));
            case 13, 14 -> new Command.Activate(random.nextInt(shards));
            case 15 -> new Command.ReplaceServer(":" + (1 + random.nextInt(20)));
            case 16 -> changeNodes(random);
            case 17 -> new Command.SettleNodes(random.nextInt(40), List.of(1L + random.nextInt(4), 5L));
            case 18 -> new Command.MoveNode(node(random));
            case 19 -> new Command.RecoverNodes(List.of(1L + random.nextInt(4)));
            default -> placeShard(random, shards);
        };
    }

    private static Command changeNodes(RandomGenerator random) {
        Node joins = random.nextInt(3) == 0 ? null : node(random);
        return new Command.ChangeNodes(joins, joins == null || random.nextBoolean() ? 1 + random.nextInt(9) : 0);
    }

    private static Node node(RandomGenerator random) {
        return new Node(1 + random.nextInt(9), "host:" + (1 + random.nextInt(9)), random.nextInt(3));
    }

    private static Command randomSlot(RandomGenerator random, String service, long session) {
        return new Command.SetSlot(
                service,
                random.nextInt(20),
                Bytes.utf8("text " + random.nextInt(100)),
                random.nextInt(4) == 0 ? new Command.EpochClaim(session, random.nextInt(500)) : null,
                random.nextInt(4) == 0 ? new Fence(1, random.nextInt(30)) : null,
                random.nextInt(8) == 0);
    }

    private static Command placeShard(RandomGenerator random, int shards) {
        SortedMap<Long, Long> voters = new TreeMap<>();
        SortedMap<Long, Long> retired = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            voters.put(1L + random.nextInt(20), 2L);
            retired.put(1L + random.nextInt(20), 1L);
        }
        return new Command.PlaceShard(
                new Placement(random.nextInt(shards), 1, random.nextInt(100), random.nextInt(9), voters, retired));
    }

    private static Command joinGroups(int gid, RandomGenerator random) {
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(gid, List.of(":" + (1 + random.nextInt(10)), ":" + (11 + random.nextInt(10))));
        return new Command.JoinGroups(groups);
    }
}
