package io.raftkv.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ShardMap;
import io.raftkv.cli.Console;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MoveProgressTest {
    private static final HostPort OLD = HostPort.parse("127.0.0.1:7001");

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(shown, true, StandardCharsets.UTF_8);
    private final MoveProgress progress =
            new MoveProgress(new Console(InputStream.nullInputStream(), err, err, true, true, name -> null));

    /** Shard 0 is on its way from the old server to 7002 and 7003; shard 1 stays. */
    private static ClusterView view(List<RespValue> members, List<RespValue> sending) {
        ShardMap map = new ShardMap(
                3,
                List.of(2, 1),
                new TreeMap<>(Map.of(1, List.of("127.0.0.1:7001"), 2, List.of("127.0.0.1:7002", "127.0.0.1:7003"))));
        ReplicaStatus moving = ReplicaStatus.of(RespValue.map(
                RespValue.bulk("shard"),
                RespValue.integer(0),
                RespValue.bulk("role"),
                RespValue.bulk("leader"),
                RespValue.bulk("last"),
                RespValue.integer(100),
                RespValue.bulk("members"),
                RespValue.array(members),
                RespValue.bulk("sending"),
                RespValue.array(sending),
                RespValue.bulk("state"),
                RespValue.bulk("serving"),
                RespValue.bulk("move"),
                RespValue.bulk("moving")));
        ReplicaStatus staying = ReplicaStatus.of(RespValue.map(
                RespValue.bulk("shard"),
                RespValue.integer(1),
                RespValue.bulk("role"),
                RespValue.bulk("leader"),
                RespValue.bulk("members"),
                RespValue.array(member(OLD.toString(), 7, "voter")),
                RespValue.bulk("state"),
                RespValue.bulk("serving")));
        return new ClusterView(map, Map.of(OLD, List.of(moving, staying)), Map.of());
    }

    private static RespValue member(String address, long match, String role) {
        return RespValue.array(RespValue.bulk(address), RespValue.integer(match), RespValue.bulk(role));
    }

    private static RespValue sent(String address, long held, long total) {
        return RespValue.array(RespValue.bulk(address), RespValue.integer(held), RespValue.integer(total));
    }

    private static final RespValue VOTER = member(OLD.toString(), 100, "voter");

    @Test
    void countsTheBytesOfASnapshotThatIsUnderWay() {
        progress.show(view(
                List.of(VOTER, member("127.0.0.1:7002", 0, "learner"), member("127.0.0.1:7003", 0, "learner")),
                List.of(sent("127.0.0.1:7002", 400_000_000, 800_000_000), sent("127.0.0.1:7003", 0, 800_000_000))));
        assertThat(text())
                .isEqualTo("[############........] 1 of 2 shards in place, 400.0 of 1600.0 MB sent; shard 0: serving;"
                        + " moving");
    }

    @Test
    void aShardThatOnlyHasToBeHandedOverIsNearlyThere() {
        progress.show(view(
                List.of(VOTER, member("127.0.0.1:7002", 100, "joining"), member("127.0.0.1:7003", 99, "joining")),
                List.of()));
        assertThat(text()).isEqualTo("[###################.] 1 of 2 shards in place; shard 0: serving; moving");
    }

    @Test
    void whoIsThereAlreadyCounts() {
        progress.show(view(
                List.of(VOTER, member("127.0.0.1:7002", 100, "voter"), member("127.0.0.1:7003", 0, "learner")),
                List.of()));
        assertThat(text()).isEqualTo("[##############......] 1 of 2 shards in place; shard 0: serving; moving");
    }

    @Test
    void aMoveThatHasNotBegunIsNothing() {
        progress.show(view(List.of(VOTER), List.of()));
        assertThat(text()).isEqualTo("[##########..........] 1 of 2 shards in place; shard 0: serving; moving");
    }

    private String text() {
        return shown.toString(StandardCharsets.UTF_8).strip();
    }
}
