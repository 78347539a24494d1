package io.raftkv.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ShardMapTest {
    private static final ShardMap MAP = new ShardMap(
            3,
            List.of(1, 1, 1, 1, 3, 2, 2, 2, 3, 3),
            new TreeMap<>(Map.of(2, List.of(":9090", ":9091", ":9092"), 1, List.of(":8088", ":8089", ":8090"))));

    @Test
    void printsOneLine() {
        assertThat(MAP.format())
                .isEqualTo("{3 [1 1 1 1 3 2 2 2 3 3] map[1:[:8088 :8089 :8090] 2:[:9090 :9091 :9092]]}");
    }

    @Test
    void printsTheEmptyMap() {
        assertThat(new ShardMap(0, List.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), new TreeMap<>()).format())
                .isEqualTo("{0 [0 0 0 0 0 0 0 0 0 0] map[]}");
    }

    @Test
    void knowsTheServersOfAShard() {
        assertThat(MAP.serversOf(5)).containsExactly(":9090", ":9091", ":9092");
        assertThat(MAP.serversOf(9)).as("a group that is not in the map").isEmpty();
    }
}
