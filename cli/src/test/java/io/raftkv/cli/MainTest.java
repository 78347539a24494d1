package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void listsTheCommandsIfNoneIsNamed() {
        Run run = Run.with("");
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("coordinator", "server", "shell", "ctl", "bench", "dev", "version");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void helpsOnRequestOnStandardOutput() {
        Run run = Run.with("", "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("Usage: raftkv");
    }

    @ParameterizedTest
    @ValueSource(strings = {"coordinator", "server", "shell", "ctl", "bench", "dev", "version"})
    void helpsOnEachCommand(String command) {
        Run run = Run.with("", command, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("raftkv " + command);
    }

    @Test
    void tellsItsVersion() {
        assertThat(Run.with("", "version").out()).startsWith("raftkv ").contains("Java");
    }

    @Test
    void answersWrongUsageWithAHint() {
        assertThat(Run.with("", "ctl", "--bogus"))
                .isEqualTo(new Run(2, "", "raftkv ctl: Unknown option: '--bogus'\nTry: raftkv ctl --help\n"));
        assertThat(Run.with("", "nonsense").code()).isEqualTo(2);
        assertThat(Run.with("", "bench", "--clients", "0").code()).isEqualTo(2);
        assertThat(Run.with("", "dev", "-n", "0").err()).contains("1 to 9 servers");
    }

    @Test
    void namesFileAndTroubleOfABadConfiguration() {
        Run run = Run.with("", "coordinator", "/nowhere/RaftServer1.xml");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("/nowhere/RaftServer1.xml");
        assertThat(Run.with("", "server").err()).contains("--listen");
        assertThat(Run.with("", "coordinator", "--listen", "nohost").err()).contains("--cluster-size");
        assertThat(Run.with("", "coordinator", "--listen", "nohost", "--cluster-size", "1")
                        .err())
                .contains("--listen", "nohost");
    }

    @Test
    void saysWhatIsWrongWithADataFolder(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        Run run = Run.with("", "server", "--listen", "127.0.0.1:0", "--data", file.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("raftkv: " + file + ": is a file where a folder is needed\n");
    }
}
