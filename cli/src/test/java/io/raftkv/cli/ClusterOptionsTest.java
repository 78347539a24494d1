package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.ClientConfig;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ClusterOptionsTest {
    @TempDir
    Path folder;

    @Test
    void takesTheFirstOfOptionFileVariableAndDefault() throws Exception {
        Path file = Files.writeString(folder.resolve("client.xml"), "<hosts><host><ip>127.0.0.1:3</ip></host></hosts>");
        Map<String, String> variable = Map.of(ClusterOptions.VARIABLE, "127.0.0.1:2");
        assertThat(resolve(Map.of()).coordinators()).hasSize(3).first().hasToString("127.0.0.1:50000");
        assertThat(resolve(variable).coordinators()).singleElement().hasToString("127.0.0.1:2");
        assertThat(resolve(variable, "--config", file.toString()).coordinators())
                .singleElement()
                .hasToString("127.0.0.1:3");
        assertThat(resolve(variable, "--config", file.toString(), "--coordinators", ":4")
                        .coordinators())
                .singleElement()
                .hasToString("127.0.0.1:4");
    }

    @Test
    void readsTimes() {
        assertThat(resolve(Map.of(), "--timeout", "500ms").requestTimeoutMs()).isEqualTo(500);
        assertThat(ClusterOptions.duration("--timeout", "10")).isEqualTo(Duration.ofSeconds(10));
        assertThat(ClusterOptions.duration("--timeout", "1.5s")).isEqualTo(Duration.ofMillis(1500));
        assertThat(ClusterOptions.duration("--timeout", "2m")).isEqualTo(Duration.ofMinutes(2));
        for (String wrong : new String[] {"", "soon", "-1", "0", "5 s", "9999999s"}) {
            assertThatThrownBy(() -> ClusterOptions.duration("--timeout", wrong))
                    .hasMessageStartingWith("--timeout: '" + wrong + "'");
        }
    }

    @Test
    void namesTheOptionOfABadAddress() {
        assertThatThrownBy(() -> resolve(Map.of(), "--coordinators", "127.0.0.1"))
                .hasMessageContaining("--coordinators")
                .hasMessageContaining("port");
        assertThatThrownBy(() -> resolve(Map.of(ClusterOptions.VARIABLE, "127.0.0.1")))
                .hasMessageContaining("$" + ClusterOptions.VARIABLE);
    }

    private static ClientConfig resolve(Map<String, String> environment, String... args) {
        ClusterOptions options = new ClusterOptions();
        new CommandLine(CommandLine.Model.CommandSpec.create()
                        .addMixin("cluster", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
                .parseArgs(args);
        return options.resolve(new Console(
                new ByteArrayInputStream(new byte[0]), System.out, System.err, false, false, environment::get));
    }
}
