package io.raftkv.raft.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Plays the files in {@code src/test/resources/scenarios}: lines that begin with {@code >} are commands of
 * {@link Scenario}, the lines up to the next empty one what must come of them, and {@code #} begins a comment. With
 * {@code -Dscenarios.rewrite=true} what comes of them is written back; the difference is then reviewed as code is.
 */
class ScenarioTest {
    private static final Path FOLDER = Path.of("src", "test", "resources", "scenarios");
    private static final boolean REWRITE = Boolean.getBoolean("scenarios.rewrite");

    @TestFactory
    List<DynamicTest> scenarios() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> play(file)))
                    .toList();
        }
    }

    private static void play(Path file) throws IOException {
        List<String> expected = Files.readAllLines(file);
        List<String> actual = replay(expected);
        if (REWRITE) {
            Files.write(file, actual);
        } else {
            assertThat(String.join("\n", actual)).isEqualTo(String.join("\n", expected));
        }
    }

    /** The file with what really comes of its commands. */
    private static List<String> replay(List<String> lines) {
        Scenario scenario = new Scenario();
        List<String> actual = new ArrayList<>();
        boolean inOutput = false;
        for (String line : lines) {
            if (line.startsWith(">")) {
                actual.add(line);
                actual.addAll(scenario.run(line.substring(1)));
                inOutput = true;
            } else if (!inOutput || line.isBlank()) {
                actual.add(line);
                inOutput = false;
            }
        }
        return actual;
    }
}
