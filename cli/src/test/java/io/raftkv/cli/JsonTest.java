package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void writesWhatIsNeeded() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("text", "a \"b\"\\\n");
        map.put("list", Arrays.asList(1, null, true, 2.5));
        assertThat(Json.of(map)).isEqualTo("{\"text\":\"a \\\"b\\\"\\\\\\u000a\",\"list\":[1,null,true,2.5]}");
    }

    @Test
    void alignsTables() {
        assertThat(new Table("A", "LONGER").row("wide cell", 1).row(2, "x").toString())
                .isEqualTo("A          LONGER\nwide cell  1\n2          x");
    }
}
