package io.raftkv.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.cli.FakeStore;
import io.raftkv.cli.Run;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CtlTranscriptTest {
    private FakeStore store;

    @BeforeEach
    void start() throws Exception {
        store = new FakeStore();
    }

    @AfterEach
    void stop() {
        store.close();
    }

    @Test
    void printsAnswersAsTheyAreDocumented() {
        Run run = ctl("""
                query
                QUERY 1
                slots
                alive
                members
                join 1 :7001,:7002 2 :8001
                leave 1
                move 0 2
                replace :7001
                setslot 3 "a:1:3 x"
                """);
        String address = store.address();
        assertThat(run).isEqualTo(new Run(0, """
                                {1 [1 1] map[1:[%1$s]]}
                                {1 [1 1] map[1:[%1$s]]}
                                0 %1$s
                                1 %1$s
                                2 null
                                %1$s
                                INDEX  ADDRESS     SESSION  LEADER
                                3      10.0.0.1:1  ff       epoch 4
                                ok
                                ok
                                ok
                                ok
                                ok
                                """.formatted(address), ""));
        assertThat(store.changes)
                .containsExactly(
                        "JOIN 1 :7001,:7002 2 :8001",
                        "LEAVE 1",
                        "MOVE 0 2",
                        "SERVER.REPLACE 127.0.0.1:7001",
                        "SETSLOT kv 3 a:1:3 x");
    }

    @Test
    void showsTheStateOfTheShards() {
        Run run = ctl("status\n");
        String leader = store.address() + " ".repeat(15 - store.address().length() + 2);
        assertThat(run.out().lines().toList())
                .containsExactly(
                        "SHARD  GROUP  LEADER           TERM  REPLICAS  LAG  STATE",
                        "0      1      " + leader + "5     1/1       3    serving",
                        "1      1      -                -     1/1       -    no leader; " + store.address()
                                + ": waiting for a vote");
        assertThat(ctl("status --output json").out())
                .contains("\"version\":1", "\"shard\":0", "\"lag\":3", "\"keys\":42", "\"state\":\"serving\"");
    }

    @Test
    void explainsAShardInWords() {
        String address = store.address();
        assertThat(ctl("explain 0\nexplain 1\n").out().lines().toList())
                .containsExactly(
                        "Shard 0 belongs to group 1 by map 1: " + address + ".",
                        address + " leads it in term 5, and serves.",
                        "  " + address + " (voter) is 3 entries behind.",
                        "It is where the map wants it.",
                        "Shard 1 belongs to group 1 by map 1: " + address + ".",
                        "It has no leader, so that it takes no requests.",
                        "  " + address + ": waiting for a vote, holds 120 entries.",
                        "A majority of its voters answers (" + address + "): it should have a leader in a moment.");
        Run wrong = ctl("explain 2\n");
        assertThat(wrong.err()).isEqualTo("invalid command: shard must be 0..1; write explain SHARD\n");
    }

    @Test
    void listsAsJson() {
        assertThat(ctl("slots --output json\nalive --output JSON\n").out())
                .isEqualTo("[\"%1$s\",\"%1$s\",null]\n[\"%1$s\"]\n".formatted(store.address()));
        assertThat(ctl("members --output json").out()).contains("\"session\":\"ff\"", "\"epoch\":4");
    }

    @Test
    void saysWhatIsWrongWithALineAndGoesOn() {
        Run run = ctl("""
                foo
                move 3
                move x 1
                join 1
                join 0 :7001
                join 1 :7001 2
                join 1 noport
                leave 9
                query 99
                query
                """);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEqualTo("{1 [1 1] map[1:[" + store.address() + "]]}\n");
        assertThat(run.err().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("invalid command: foo; commands are alive, "),
                        line -> assertThat(line).startsWith("invalid command: ").endsWith("; write move SHARD GID"),
                        line -> assertThat(line).startsWith("invalid command: ").contains("'x'"),
                        line -> assertThat(line).startsWith("invalid command: ").contains("write join GID"),
                        line -> assertThat(line).startsWith("invalid command: '0' is no group"),
                        line -> assertThat(line).startsWith("invalid command: each group needs"),
                        line -> assertThat(line).startsWith("invalid command: 'noport' has no port"),
                        line -> assertThat(line).isEqualTo("(error) NOSUCHGROUP there is no group 9"),
                        line -> assertThat(line).isEqualTo("(error) ERR there is no version 99"));
    }

    @Test
    void runsOneCommandGivenAsArgumentsWithExitCodes() {
        assertThat(one("query", "1").code()).isZero();
        assertThat(one("query", "99").code()).isEqualTo(1);
        assertThat(one("nonsense").code()).isEqualTo(2);
        assertThat(one("move", "1").code()).isEqualTo(2);
        assertThat(one("setslot", "0", "x", "--force", "--service", "mine").code())
                .isZero();
        assertThat(store.changes).containsExactly("SETSLOT mine 0 x FORCE");
    }

    @Test
    void helpsOnEachOfItsCommands() {
        assertThat(ctl("help\n").out())
                .contains("query [VERSION]", "join GID", "coordinator add|list|remove|replace", "exit")
                .doesNotContain("setup");
        assertThat(one("join", "--help").out()).contains("Usage: join", ":7001");
        assertThat(ctl("help move\n").out()).contains("Usage: move");
    }

    @Test
    void listsTheCoordinatorsNodes() {
        String wide = store.address() + " ".repeat(15 - store.address().length() + 2);
        Run run = ctl("coordinator list\n");
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().toList())
                .containsExactly(
                        "cluster test (c1), term 7, commit 9",
                        "ID  ADDRESS          STATE        LAG",
                        "1f  " + wide + "leader       0",
                        "2a  127.0.0.1:2      follower     2",
                        "3   127.0.0.1:3      unreachable  9",
                        "4   127.0.0.1:4      follower     0",
                        "5   127.0.0.1:5      waiting      -",
                        "new: 127.0.0.1:5; to make it a member: coordinator add 127.0.0.1:5");
        assertThat(ctl("coordinator\n").out()).isEqualTo(run.out());
        assertThat(one("coordinator", "list", "--output", "json").out())
                .startsWith("{\"cluster\":\"c1\",\"name\":\"test\",\"term\":7")
                .contains("{\"id\":\"2a\",\"address\":\"127.0.0.1:2\",\"state\":\"follower\",\"lag\":2}");
    }

    @Test
    void changesTheCoordinatorsNodes() {
        Run run = ctl("""
                coordinator add :4
                coordinator remove 6
                coordinator replace 127.0.0.1:1 :4
                """);
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().limit(3).toList())
                .containsExactly(
                        "ok, 4 nodes: " + store.address() + ", 127.0.0.1:2, 127.0.0.1:3, 127.0.0.1:4",
                        "127.0.0.1:3 is unreachable; if it does not come back: coordinator remove 127.0.0.1:3",
                        "4 nodes survive no more failures than 3; 3 or 5 are usual: start another one and coordinator add it,"
                                + " or coordinator remove one");
        assertThat(store.changes)
                .containsExactly("COORD.ADD 127.0.0.1:4", "COORD.REMOVE 6", "COORD.REPLACE 127.0.0.1:1 127.0.0.1:4");
    }

    @Test
    void saysWhatBecomesOfAChangeThatIsNotThroughInTime() {
        Run absent = one("coordinator", "add", ":9", "--for", "200ms");
        assertThat(absent.code()).isEqualTo(1);
        assertThat(absent.out()).isEqualTo("waiting: NOTREADY no new coordinator node answers at 127.0.0.1:9\n");
        assertThat(absent.err()).contains("not done after 200 ms; it was not begun: NOTREADY no new");
        Run stuck = one("coordinator", "replace", ":2", ":8", "--for", "200ms");
        assertThat(stuck.code()).isEqualTo(1);
        assertThat(stuck.err())
                .contains("not done after 200 ms; the leader goes on with it", "127.0.0.1:8 (node 8) is being added");
        assertThat(one("coordinator", "add").code()).isEqualTo(2);
        assertThat(one("coordinator", "add").err()).contains("write coordinator add NODE");
        assertThat(one("coordinator", "add", "noport").code()).isEqualTo(2);
        assertThat(one("coordinator", "remove", "--help").out()).contains("alive or dead");
    }

    @Test
    void findsTheCoordinatorsByTheEnvironment() {
        Run run = Run.with(Map.of("RAFTKV_COORDINATORS", store.address()), "info\n", "ctl");
        assertThat(run.out()).startsWith("cluster test (c1), 2 shards, leader " + store.address());
    }

    @Test
    void waitsForWhatIsThere() {
        assertThat(one("wait", "--leader").out()).isEqualTo("ok\n");
        Run run = one("wait", "--for", "300ms");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("not ready after 300 ms: shard 1: no leader");
    }

    @Test
    void setsUpAndRefusesAnotherClusterThanTheOneThatIsThere() {
        assertThat(one("setup", "--shards", "3", "1", store.address()).err())
                .contains("has 2 shards and not 3", "--shards 2");
        assertThat(one("setup", "--shards", "2").err()).contains("raftkv ctl leave 1");
        assertThat(one("setup", "--shards", "2", "1", ":1,:2,:3").err()).contains("group 1 of this cluster");
        Run more = one("setup", "--shards", "2", "--for", "300ms", "1", store.address(), "2", ":1,:2,:3");
        assertThat(more.out()).isEqualTo("leader " + store.address() + "\njoined\n");
        assertThat(store.changes).containsExactly("JOIN 2 :1,:2,:3");
    }

    private Run ctl(String lines) {
        return Run.with(lines, "ctl", "--coordinators", store.address());
    }

    private Run one(String... command) {
        String[] args = new String[command.length + 3];
        args[0] = "ctl";
        args[1] = "--coordinators";
        args[2] = store.address();
        System.arraycopy(command, 0, args, 3, command.length);
        return Run.with("", args);
    }
}
