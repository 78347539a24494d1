package io.raftkv.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.cli.FakeStore;
import io.raftkv.cli.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShellTranscriptTest {
    private FakeStore store;

    @BeforeEach
    void start() throws Exception {
        store = new FakeStore();
    }

    @AfterEach
    void stop() {
        store.close();
    }

    @Test
    void runsTheLinesOfAPipe() {
        Run run = shell("""
                PUT hello world
                GET hello
                APPEND hello !
                get hello

                GET nokey
                put "two words" "line 1\\nline 2"
                GET 'two words'
                STRLEN hello
                SCAN
                DELETE hello
                delete hello
                SET a 1
                EXIT
                GET a
                """);
        assertThat(run).isEqualTo(new Run(0, """
                                ok
                                world
                                ok
                                world!
                                (nil)
                                ok
                                line 1
                                line 2
                                (integer) 6
                                hello
                                two words
                                ok
                                (nil)
                                OK
                                """, ""));
    }

    @Test
    void goesOnAfterALineThatFailedAndTellsSoAtTheEnd() {
        Run run = shell("NONSENSE\nPUT a\nPUT \"a\nPUT a 1\nGET a");
        assertThat(run).isEqualTo(new Run(1, "ok\n1\n", """
                                (error) ERR unknown command 'NONSENSE'
                                invalid command: wrong number of arguments; write PUT key value
                                invalid command: the quote " is not closed
                                """));
    }

    @Test
    void runsOneCommandGivenAsArguments() {
        assertThat(Run.with("", "shell", "--coordinators", store.address(), "PUT", "k", "-v w"))
                .isEqualTo(new Run(0, "ok\n", ""));
        assertThat(Run.with("", "shell", "--coordinators", store.address(), "GET", "k"))
                .isEqualTo(new Run(0, "-v w\n", ""));
        assertThat(Run.with("", "shell", "--coordinators", store.address(), "NONSENSE")
                        .code())
                .isEqualTo(1);
    }

    @Test
    void helpsWithoutACluster() {
        Run run = Run.with("help\n", "shell", "--coordinators", "127.0.0.1:1");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("GET key", "SCAN [pattern]", "exit");
    }

    @Test
    void saysWhichCoordinatorsDoNotAnswer() {
        Run run = Run.with("GET a\n", "shell", "--coordinators", "127.0.0.1:1", "--timeout", "200ms");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("(error) ").contains("127.0.0.1:1");
    }

    private Run shell(String lines) {
        return Run.with(lines, "shell", "--coordinators", store.address());
    }
}
