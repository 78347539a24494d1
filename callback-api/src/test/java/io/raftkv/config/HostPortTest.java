package io.raftkv.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:50000, 127.0.0.1, 50000, 127.0.0.1:50000",
        ":8088, 127.0.0.1, 8088, 127.0.0.1:8088",
        "kv-1.example.org:1, kv-1.example.org, 1, kv-1.example.org:1",
        "[::1]:1, ::1, 1, [::1]:1",
        "[fe80::1%eth0]:65535, fe80::1%eth0, 65535, [fe80::1%eth0]:65535",
        "a:0, a, 0, a:0"
    })
    void readsAndPrints(String text, String host, int port, String printed) {
        HostPort address = HostPort.parse(text);
        assertThat(address).isEqualTo(new HostPort(host, port)).hasToString(printed);
        assertThat(HostPort.parse(printed)).isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "a:",
                "a:b",
                "a:-1",
                "a:65536",
                "a:999999",
                "::1:5",
                "[]:1",
                "[x]:1",
                "a b:1",
                "-a:1",
                "a/b:1",
                "a:1 "
            })
    void refusesWhatIsNoAddress(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostPort.parse(text))
                .withMessageContaining("allowed: host:port");
    }

    @Test
    void readsLists() {
        assertThat(HostPort.parseList(":1, b:2")).containsExactly(new HostPort("127.0.0.1", 1), new HostPort("b", 2));
        assertThatIllegalArgumentException().isThrownBy(() -> HostPort.parseList("a:1,"));
    }
}
