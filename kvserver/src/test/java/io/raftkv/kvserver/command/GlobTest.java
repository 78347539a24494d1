package io.raftkv.kvserver.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    private static boolean matches(String pattern, String text) {
        return new Glob(pattern.getBytes(StandardCharsets.UTF_8)).matches(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({
        "*, anything, true",
        "*, '', true",
        "'', '', true",
        "'', a, false",
        "h?llo, hello, true",
        "h?llo, hllo, false",
        "h*llo, heeeello, true",
        "h*llo, hellp, false",
        "h[ae]llo, hallo, true",
        "h[ae]llo, hillo, false",
        "h[^e]llo, hallo, true",
        "h[^e]llo, hello, false",
        "h[a-c]llo, hbllo, true",
        "h[c-a]llo, hbllo, true",
        "h[a-c]llo, hdllo, false",
        "a\\*b, a*b, true",
        "a\\*b, axb, false",
        "[\\]], ], true",
        "a*b*c, axxbxxc, true",
        "a*b*c, axxbxx, false",
        "user:*:name, user:1:2:name, true",
        "a[b, ab, true"
    })
    void matchesAsRedisDoes(String pattern, String text, boolean expected) {
        assertThat(matches(pattern, text)).isEqualTo(expected);
    }

    @Test
    void isNotStoppedByManyStars() {
        assertTimeoutPreemptively(
                Duration.ofSeconds(2), () -> assertThat(matches("a*".repeat(200) + "b", "a".repeat(5_000)))
                        .isFalse());
    }
}
