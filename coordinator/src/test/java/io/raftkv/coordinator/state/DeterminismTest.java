package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.coordinator.state.CommandCodec.Request;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas that are fed the same are the same, wherever they began. */
class DeterminismTest {
    static final int SHARDS = 12;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void replicasFedTheSameBytesAgreeInResultsAndSnapshots(long seed) {
        Random random = new Random(seed);
        StateFixture one = new StateFixture(SHARDS);
        StateFixture other = new StateFixture(SHARDS);
        for (int i = 1; i <= 3_000; i++) {
            long timeMs = 1_000L * i;
            Bytes bytes = CommandCodec.encode(randomRequest(random));
            RespValue result = one.state.apply(i, timeMs, bytes);
            assertThat(other.state.apply(i, timeMs, bytes)).isEqualTo(result);
            if (random.nextInt(300) == 0) {
                // The other one goes on from a snapshot, as after a restart.
                byte[] snapshot = one.snapshot();
                assertThat(other.snapshot()).isEqualTo(snapshot);
                other = new StateFixture(SHARDS);
                other.load(snapshot);
                assertThat(other.snapshot()).isEqualTo(snapshot);
            }
        }
        assertThat(other.snapshot()).isEqualTo(one.snapshot());
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void everyCommandReadsBackAsItWasWritten(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            Request request = randomRequest(random);
            assertThat(CommandCodec.decode(CommandCodec.encode(request))).isEqualTo(request);
        }
    }

    @Test
    void aFrozenStateDoesNotShowLaterWrites() {
        StateFixture fixture = new StateFixture(SHARDS);
        fixture.setSlot("default", 0, "before");
        fixture.elect(fixture.open("default"), 1);
        byte[] before = fixture.snapshot();
        var frozen = fixture.state.freeze();
        fixture.setSlot("default", 0, "after");
        fixture.open("default");
        fixture.join(1, ":1");
        var out = new java.io.ByteArrayOutputStream();
        try {
            frozen.writeTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        frozen.close();
        assertThat(out.toByteArray()).isEqualTo(before);
    }

    @Test
    void epochsSurviveASnapshot() {
        StateFixture fixture = new StateFixture(SHARDS);
        long session = fixture.open("default");
        fixture.elect(session, 5);
        StateFixture restarted = new StateFixture(SHARDS);
        restarted.load(fixture.snapshot());
        assertThat(StateFixture.numbers(restarted.elect(session, 5))).containsExactly(0, 5, (int) session);
        assertThat(restarted.open("default")).isEqualTo(session + 1);
    }

    @Test
    void damagedOrForeignSnapshotsAreRefusedAndNothingChanges() {
        StateFixture fixture = new StateFixture(SHARDS);
        fixture.setSlot("default", 2, "x");
        byte[] snapshot = fixture.snapshot();
        StateFixture other = new StateFixture(SHARDS);
        for (int cut = 0; cut < snapshot.length; cut++) {
            byte[] torn = java.util.Arrays.copyOf(snapshot, cut);
            assertThatThrownBy(() -> other.state.load(new ByteArrayInputStream(torn)))
                    .isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> new StateFixture(SHARDS + 1).state.load(new ByteArrayInputStream(snapshot)))
                .hasMessageContaining("12 shards, this one has 13");
        assertThat(other.snapshot()).isEqualTo(new StateFixture(SHARDS).snapshot());
    }

    private static Request randomRequest(Random random) {
        RequestId id = random.nextInt(3) == 0 ? null : new RequestId(random.nextInt(8), random.nextInt(3_000));
        return new Request(id, randomCommand(random));
    }

    static Command randomCommand(RandomGenerator random) {
        String service = "s" + random.nextInt(3);
        long session = 1L + random.nextInt(60);
        int gid = 1 + random.nextInt(5);
        return switch (random.nextInt(20)) {
            case 0, 1 -> new Command.OpenSession(service, 200 + random.nextInt(1_000));
            case 2 -> new Command.CloseSession(session);
            case 3 -> new Command.ExpireSessions(List.of(session, session + 1));
            case 4 -> new Command.JoinMember(session, random.nextInt(4), Bytes.utf8("host:" + random.nextInt(9)));
            case 5, 6 -> new Command.Elect(session, random.nextInt(500));
            case 7 -> randomSlot(random, service, session);
            case 8 -> randomSlot(random, service, session);
            case 9 -> joinGroups(gid, random);
            case 10 -> new Command.LeaveGroups(List.of(gid));
            case 11 -> new Command.MoveShard(random.nextInt(SHARDS + 1), gid);
            case 12 -> new Command.BindServer(":" + (1 + random.nextInt(20)), 1L + random.nextInt(20));
            case 13, 14 -> new Command.Activate(random.nextInt(SHARDS));
            case 15 -> new Command.ReplaceServer(":" + (1 + random.nextInt(20)));
            case 16 -> changeNodes(random);
            case 17 -> new Command.SettleNodes(random.nextInt(40), List.of(1L + random.nextInt(4), 5L));
            case 18 -> new Command.MoveNode(node(random));
            default -> placeShard(random);
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

    private static Command placeShard(RandomGenerator random) {
        SortedMap<Long, Long> voters = new TreeMap<>();
        SortedMap<Long, Long> retired = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            voters.put(1L + random.nextInt(20), 2L);
            retired.put(1L + random.nextInt(20), 1L);
        }
        return new Command.PlaceShard(
                new Placement(random.nextInt(SHARDS), 1, random.nextInt(100), random.nextInt(9), voters, retired));
    }

    private static Command joinGroups(int gid, RandomGenerator random) {
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(gid, List.of(":" + (1 + random.nextInt(10)), ":" + (11 + random.nextInt(10))));
        return new Command.JoinGroups(groups);
    }
}
