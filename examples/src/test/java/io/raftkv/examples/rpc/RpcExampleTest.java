package io.raftkv.examples.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RpcExampleTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int consume(String... args) {
        return Consumer.run(args, print(out), print(err));
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    @Test
    void consumerCallsProvider() throws Exception {
        try (Provider provider = Provider.start("127.0.0.1", 0)) {
            assertThat(consume("127.0.0.1:" + provider.port(), "2")).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8).lines()).containsExactly("[bob, carol]", "[bob, carol]");
            assertThat(consume("127.0.0.1:" + provider.port(), "2000", "bob")).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8).lines().filter("[alice]"::equals))
                    .hasSize(2000);
            assertThat(consume("127.0.0.1:" + provider.port(), "1", "zoe")).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8).lines())
                    .endsWith("error: NOSUCHPERSON nobody is called 'zoe'");
        }
    }

    @Test
    void consumerTellsThatNobodyListens() throws Exception {
        int port;
        try (Provider provider = Provider.start("127.0.0.1", 0)) {
            port = provider.port();
            assertThat(Provider.run(new String[] {"127.0.0.1:" + port}, print(out), print(err)))
                    .isEqualTo(1);
            assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("cannot listen at 127.0.0.1:" + port);
            err.reset();
        }
        assertThat(consume("127.0.0.1:" + port)).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8).trim())
                .isEqualTo("connect fail: 127.0.0.1:" + port + " refused");
    }

    @Test
    void wrongArgumentsAreExplained() {
        assertThat(consume("nonsense")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("'nonsense' is not host:port");
        assertThat(Provider.run(new String[0], print(out), print(err))).isEqualTo(2);
    }
}
