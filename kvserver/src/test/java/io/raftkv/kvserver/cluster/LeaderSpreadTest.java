package io.raftkv.kvserver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LeaderSpreadTest {
    private static final List<String> SERVERS = List.of("127.0.0.1:7001", "127.0.0.1:7002", "127.0.0.1:7003");

    /** Group 1 has those servers and these shards. */
    private static Map<Integer, HostPort> preferred(int shards, Integer... ofGroup) {
        List<Integer> gids = IntStream.range(0, shards)
                .mapToObj(shard -> Arrays.asList(ofGroup).contains(shard) ? 1 : 0)
                .toList();
        return LeaderSpread.preferred(new ShardMap(1, gids, new TreeMap<>(Map.of(1, SERVERS))));
    }

    private static List<Long> counts(Map<Integer, HostPort> preferred) {
        Map<HostPort, Long> counts =
                preferred.values().stream().collect(Collectors.groupingBy(server -> server, Collectors.counting()));
        return counts.values().stream().sorted(Collections.reverseOrder()).toList();
    }

    @Test
    void noServerLeadsMoreThanItsShare() {
        assertThat(counts(preferred(10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9))).containsExactly(4L, 3L, 3L);
        assertThat(counts(preferred(10, 0, 3, 6, 9))).containsExactly(2L, 1L, 1L);
        assertThat(counts(preferred(10, 0, 3))).containsExactly(1L, 1L);
        assertThat(preferred(10, 5)).containsExactly(Map.entry(5, HostPort.parse(SERVERS.get(2))));
        assertThat(preferred(10)).isEmpty();
    }

    @Test
    void shardsThatComeAndGoLeaveTheOthersWhereTheyAre() {
        Map<Integer, HostPort> before = preferred(10, 2, 5, 6, 7, 8, 9);
        Map<Integer, HostPort> after = preferred(10, 2, 5, 6, 7);
        assertThat(before).containsAllEntriesOf(after);
        assertThat(preferred(10, 0, 2, 5, 6, 7)).containsAllEntriesOf(after);
    }
}
