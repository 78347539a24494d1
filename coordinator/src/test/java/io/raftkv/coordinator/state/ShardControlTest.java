package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The shard map, servers and geneses. */
class ShardControlTest {
    private final StateFixture fixture = new StateFixture(10);

    @Test
    void aSessionOfTheShardControllerComesOutLetterByLetter() {
        assertThat(fixture.map()).isEqualTo("{0 [0 0 0 0 0 0 0 0 0 0] map[]}");
        fixture.join(1, ":8088,:8089,:8090");
        assertThat(fixture.map()).isEqualTo("{1 [1 1 1 1 1 1 1 1 1 1] map[1:[:8088 :8089 :8090]]}");
        fixture.join(2, ":9090,:9091,:9092");
        assertThat(fixture.map())
                .isEqualTo("{2 [1 1 1 1 1 2 2 2 2 2] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]]}");
        fixture.join(3, ":9081,:9082,:9083");
        assertThat(fixture.map())
                .isEqualTo("{3 [1 1 1 1 3 2 2 2 3 3] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]"
                        + " 3:[:9081 :9082 :9083]]}");
        assertThat(leave(1)).isEqualTo(RespValue.integer(4));
        assertThat(fixture.map())
                .isEqualTo("{4 [2 3 2 3 3 2 2 2 3 3] map[2:[:9090 :9091 :9092] 3:[:9081 :9082 :9083]]}");
        assertThat(StateFixture.format(fixture.state.map(2)))
                .isEqualTo("{2 [1 1 1 1 1 2 2 2 2 2] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]]}");
        leave(2, 3);
        assertThat(fixture.map()).isEqualTo("{5 [0 0 0 0 0 0 0 0 0 0] map[]}");
    }

    @Test
    void severalGroupsInOneJoinAreOneChange() {
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(1, List.of(":1", ":2"));
        groups.put(2, List.of(":3"));
        long session = fixture.open("kv");
        assertThat(fixture.apply(new Command.JoinGroups(groups))).isEqualTo(RespValue.integer(1));
        assertThat(fixture.map()).isEqualTo("{1 [1 2 1 2 1 2 1 2 1 2] map[1:[:1 :2] 2:[:3]]}");
        assertThat(fixture.events("kv", session, 0)).containsExactly("map 1");
    }

    @Test
    void moveGivesOneShardAway() {
        fixture.join(1, ":1");
        fixture.join(2, ":2");
        assertThat(fixture.apply(new Command.MoveShard(0, 2))).isEqualTo(RespValue.integer(3));
        assertThat(fixture.map()).isEqualTo("{3 [2 1 1 1 1 2 2 2 2 2] map[1:[:1] 2:[:2]]}");
    }

    @Test
    void refusedChangesLeaveTheMap() {
        fixture.join(1, ":8088,:8089");
        String before = fixture.map();
        assertThat(fixture.join(1, ":8088,:8089").errorMessage())
                .isEqualTo("ERR group 1 is there already, with these servers");
        assertThat(fixture.join(2, "localhost:8088").errorMessage())
                .isEqualTo("ERR address localhost:8088 belongs to group 1");
        assertThat(leave(9).errorMessage()).isEqualTo("NOSUCHGROUP no such group 9");
        assertThat(leave(1, 9).errorMessage()).isEqualTo("NOSUCHGROUP no such group 9");
        assertThat(fixture.error(new Command.MoveShard(0, 9))).isEqualTo("NOSUCHGROUP no such group 9");
        assertThat(fixture.error(new Command.MoveShard(10, 1))).isEqualTo("ERR shard must be 0..9");
        assertThat(fixture.error(new Command.MoveShard(-1, 1))).isEqualTo("ERR shard must be 0..9");
        assertThat(fixture.state.map(7).errorMessage()).isEqualTo("ERR no map of version 7; versions 0..1 are kept");
        assertThat(fixture.map()).isEqualTo(before);
    }

    @Test
    void nonsenseIsRefusedBeforeTheLog() {
        assertThatThrownBy(() -> fixture.join(0, ":1")).hasMessage("ERR a group's number is 1 or more, not 0");
        assertThatThrownBy(() -> fixture.join(1, ":1,127.0.0.1:1"))
                .hasMessage("ERR address 127.0.0.1:1 is named twice");
        for (String bad : List.of("nocolon", ":", ":0", ":70000", "a b:1", ":x")) {
            assertThatThrownBy(() -> fixture.join(1, bad)).hasMessageStartingWith("ERR ");
        }
    }

    @Test
    void anAddressBelongsToTheServerThatCameFirst() {
        fixture.ok(new Command.BindServer(":8088", 0xa));
        fixture.ok(new Command.BindServer("127.0.0.1:8088", 0xa));
        assertThat(fixture.error(new Command.BindServer("localhost:8088", 0xb)))
                .startsWith("ADDRESSBOUND 127.0.0.1:8088 belongs to server a, not to b");
        assertThat(fixture.state.servers().asMap()).containsEntry("127.0.0.1:8088", RespValue.bulk("a"));
    }

    @Test
    void aServerMayChangeAnAddressThatNoGroupNames() {
        fixture.ok(new Command.BindServer(":1", 0xa));
        fixture.ok(new Command.BindServer(":2", 0xa));
        assertThat(fixture.state.servers().asMap()).containsOnlyKeys("127.0.0.1:2");
        fixture.join(1, ":2");
        assertThat(fixture.error(new Command.BindServer(":3", 0xa)))
                .startsWith("REFUSED server a is known at 127.0.0.1:2");
    }

    @Test
    void aShardIsActivatedOnceAllServersOfItsGroupAreKnown() {
        assertThat(fixture.error(new Command.Activate(0))).isEqualTo("NOTREADY shard 0 belongs to no group; join one");
        fixture.join(1, ":1,:2,:3");
        fixture.ok(new Command.BindServer(":1", 0xa));
        assertThat(fixture.error(new Command.Activate(0)))
                .isEqualTo("NOTREADY shard 0 waits for the servers at 127.0.0.1:2, 127.0.0.1:3,"
                        + " which have not announced themselves");
        fixture.ok(new Command.BindServer(":3", 0xc));
        fixture.ok(new Command.BindServer(":2", -1));
        RespValue row = fixture.apply(new Command.Activate(0));
        assertThat(row)
                .isEqualTo(RespValue.array(
                        RespValue.integer(0),
                        RespValue.integer(1),
                        RespValue.array(
                                StateFixture.row("a", 1, "127.0.0.1:1"),
                                StateFixture.row("ffffffffffffffff", 1, "127.0.0.1:2"),
                                StateFixture.row("c", 1, "127.0.0.1:3"))));
        assertThat(fixture.apply(new Command.Activate(0))).isEqualTo(row);
        assertThat(fixture.state.genesis(null)).isEqualTo(RespValue.array(row));
        assertThat(fixture.state.genesis(0)).isEqualTo(RespValue.array(row));
        assertThat(fixture.state.genesis(1).asList()).isEmpty();
        assertThat(fixture.state.genesis(10).isError()).isTrue();
    }

    @Test
    void aJoinMovesOpenedShardsAndTheLastGroupWithDataStays() {
        fixture.join(1, ":1");
        fixture.ok(new Command.BindServer(":1", 0xa));
        fixture.apply(new Command.Activate(3));
        fixture.apply(new Command.Activate(8));
        assertThat(leave(1).errorMessage())
                .isEqualTo("REFUSED the last group holds the data of shards 3, 8; join another group before it leaves");
        assertThat(fixture.join(2, ":2")).isEqualTo(RespValue.integer(2));
        assertThat(fixture.map()).isEqualTo("{2 [1 1 1 1 1 2 2 2 2 2] map[1:[:1] 2:[:2]]}");
        assertThat(leave(1)).isEqualTo(RespValue.integer(3));
    }

    @Test
    void anAddressIsFreeOnceNoShardIsThere() {
        openedOnTwoOf(":1", ":2");
        fixture.ok(new Command.BindServer(":3", 0xc));
        fixture.join(2, ":3");
        leave(1);
        assertThat(fixture.join(3, ":1").errorMessage())
                .isEqualTo("REFUSED address :1 still holds shards of group 1, which move away from it;"
                        + " wait until they have");
        assertThat(fixture.error(new Command.BindServer(":9", 0xa))).startsWith("REFUSED server a is known");
        fixture.ok(place(0, 5, 0xc));
        assertThat(fixture.join(3, ":1").errorMessage()).startsWith("REFUSED address :1 still holds");
        fixture.ok(place(1, 9, 0xc));
        assertThat(fixture.join(3, ":1")).isEqualTo(RespValue.integer(4));
    }

    @Test
    void aGroupThatLeftMayComeBackAtOnce() {
        openedOnTwoOf(":1", ":2");
        fixture.join(2, ":3");
        leave(1);
        assertThat(fixture.join(1, ":2,:1")).isEqualTo(RespValue.integer(4));
        assertThat(fixture.join(5, ":2").errorMessage()).isEqualTo("ERR address :2 belongs to group 1");
    }

    @Test
    void aJoinOfAKnownGroupReplacesItsServers() {
        openedOnTwoOf(":1", ":2");
        assertThat(fixture.join(1, ":1,:2").errorMessage())
                .isEqualTo("ERR group 1 is there already, with these servers");
        assertThat(fixture.join(1, ":1,:4")).isEqualTo(RespValue.integer(2));
        assertThat(fixture.map()).isEqualTo("{2 [1 1 1 1 1 1 1 1 1 1] map[1:[:1 :4]]}");
        assertThat(fixture.join(2, ":2").errorMessage()).startsWith("REFUSED address :2 still holds shards of group 1");
        fixture.ok(place(0, 5, 0xa, 0xd));
        fixture.ok(place(1, 5, 0xa, 0xd));
        assertThat(fixture.join(2, ":2")).isEqualTo(RespValue.integer(3));
    }

    @Test
    void theNewestConfigurationOfAShardCounts() {
        openedOnTwoOf(":1", ":2");
        assertThat(fixture.error(place(7, 1, 0xa))).isEqualTo("ERR shard 7 was not opened");
        fixture.ok(place(0, 20, 0xc));
        fixture.ok(place(0, 10, 0xd));
        RespValue row = fixture.state.placements().asList().get(0);
        assertThat(row.asList().get(2)).isEqualTo(RespValue.integer(20));
        assertThat(row.asList().get(4)).isEqualTo(RespValue.array(StateFixture.row("c", 1)));
    }

    @Test
    void aServerThatLostItsDataIsReplacedByAnotherAtItsAddress() {
        openedOnTwoOf(":1", ":2");
        assertThat(fixture.error(new Command.BindServer(":2", 0xe)))
                .isEqualTo(
                        "ADDRESSBOUND 127.0.0.1:2 belongs to server b, not to e; start the server with the data"
                                + " folder it had, or at another address; if that folder is lost: raftkv ctl replace 127.0.0.1:2");
        assertThat(fixture.error(new Command.ReplaceServer(":7"))).isEqualTo("ERR no server is known at 127.0.0.1:7");
        assertThat(fixture.apply(new Command.ReplaceServer(":2"))).isEqualTo(RespValue.integer(2));
        fixture.ok(new Command.BindServer(":2", 0xe));
        assertThat(fixture.state.servers().asMap()).containsEntry("127.0.0.1:2", RespValue.bulk("e"));
    }

    /** Group 1 at two addresses, with the shards 0 and 1 opened. */
    private void openedOnTwoOf(String one, String other) {
        fixture.join(1, one + "," + other);
        fixture.ok(new Command.BindServer(one, 0xa));
        fixture.ok(new Command.BindServer(other, 0xb));
        fixture.apply(new Command.Activate(0));
        fixture.apply(new Command.Activate(1));
    }

    private static Command place(int shard, long index, long... servers) {
        TreeMap<Long, Long> voters = new TreeMap<>();
        for (long server : servers) {
            voters.put(server, 1L);
        }
        return new Command.PlaceShard(new Placement(shard, 1, index, 0, voters, new TreeMap<>()));
    }

    @Test
    void oldMapsAreForgottenInTheEnd() {
        fixture.join(1, ":1");
        for (int i = 0; i < Limits.MAX_MAP_VERSIONS; i++) {
            fixture.apply(new Command.MoveShard(0, 1));
        }
        assertThat(fixture.state.map(1).errorMessage()).isEqualTo("ERR no map of version 1; versions 2..1025 are kept");
    }

    private RespValue leave(Integer... gids) {
        return fixture.apply(new Command.LeaveGroups(List.of(gids)));
    }
}
