package io.raftkv.kvclient;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraitsTest {
    @Test
    void findsTheKey() {
        assertThat(of("get", "k").keyIndex()).isEqualTo(1);
        assertThat(of("OBJECT", "ENCODING", "k").keyIndex()).isEqualTo(2);
        assertThat(of("PING").keyIndex()).isZero();
        assertThat(of("PING", "text").keyIndex()).isZero();
        assertThat(of("GET").keyIndex()).isZero();
        assertThat(of("SOMETHING.NEW", "k", "v").keyIndex()).isEqualTo(1);
    }

    @Test
    void repeatsOnlyWhatMayBeCarriedOutTwice() {
        assertThat(of("GET", "k").repeatable()).isTrue();
        assertThat(of("set", "k", "v").repeatable()).isTrue();
        assertThat(of("SET", "k", "v", "EX", "5").repeatable()).isTrue();
        assertThat(of("SET", "k", "v", "nx").repeatable()).isFalse();
        assertThat(of("SET", "k", "v", "EX", "5", "GET").repeatable()).isFalse();
        assertThat(of("APPEND", "k", "v").repeatable()).isFalse();
        assertThat(of("DEL", "k").repeatable()).isFalse();
        assertThat(of("SOMETHING.NEW", "k", "v").repeatable()).isFalse();
    }

    @Test
    void asksForSessionsForWritesOfKeysOnly() {
        assertThat(of("append", "k", "v").isWrite()).isTrue();
        assertThat(of("SOMETHING.NEW", "k", "v").isWrite()).isTrue();
        for (String command : List.of(
                "GET k",
                "TOUCH k",
                "OBJECT ENCODING k",
                "WAIT 1 0",
                "PING k",
                "RKV.SCAN 0",
                "CONFIG GET *",
                "FLUSHALL")) {
            assertThat(of(command.split(" ")).isWrite()).as(command).isFalse();
        }
    }

    @Test
    void leavesSessionsToThoseWhoOpenThem() {
        assertThat(of("RKV.SESSION", "OPEN", "k")).isEqualTo(new Traits(2, false, true));
        assertThat(of("RKV.ONCE", "1-1", "1", "1", "INCR", "k")).isEqualTo(new Traits(5, false, true));
        assertThat(of("RKV.ONCE", "1-1", "1", "1", "INCR", "k").isWrite()).isFalse();
    }

    private static Traits of(String... words) {
        return Traits.of(Arrays.stream(words)
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new));
    }
}
