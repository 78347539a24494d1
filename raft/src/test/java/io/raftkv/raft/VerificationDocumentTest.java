package io.raftkv.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/verification.md} says is true as far as names go: tests, scenarios and planted bugs are there. */
class VerificationDocumentTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "verification.md");
    private static final Path RESOURCES = Path.of("src", "test", "resources");

    /** All sources of all modules, by class; a name may stand in several modules. */
    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        try (DirectoryStream<Path> modules = Files.newDirectoryStream(Path.of(".."), Files::isDirectory)) {
            for (Path module : modules) {
                Path folder = module.resolve("src");
                if (Files.isDirectory(folder)) {
                    read(folder, sources);
                }
            }
        }
        return sources;
    }

    private static void read(Path folder, Map<String, String> sources) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                sources.merge(name, Files.readString(file), String::concat);
            }
        }
    }

    private static List<MatchResult> quoted(String text, String what) {
        return Pattern.compile("`" + what + "`").matcher(text).results().toList();
    }

    @Test
    void everythingThatIsNamedExists() throws IOException {
        String text = Files.readString(DOCUMENT);
        Map<String, String> sources = sources();
        List<String> missing = new ArrayList<>();
        for (MatchResult name : quoted(text, "([A-Z]\\w+)\\.([a-z]\\w+)")) {
            if (!sources.getOrDefault(name.group(1), "").contains(" " + name.group(2) + "(")) {
                missing.add(name.group());
            }
        }
        for (MatchResult name : quoted(text, "([a-z0-9-]+\\.txt)")) {
            if (!Files.exists(RESOURCES.resolve("scenarios").resolve(name.group(1)))) {
                missing.add(name.group());
            }
        }
        for (MatchResult name : quoted(text, "planted/([a-z0-9-]+)")) {
            if (!Files.exists(RESOURCES.resolve("planted").resolve(name.group(1) + ".txt"))) {
                missing.add(name.group());
            }
        }
        assertThat(missing).isEmpty();
    }

    /** A class of bugs is excluded by something with a name, or the page says why it is not. */
    @Test
    void everyClassOfBugsIsExcludedOrSaysWhyNot() throws IOException {
        List<String> rows = rows();
        assertThat(rows).hasSizeGreaterThan(60);
        assertThat(rows).allSatisfy(row -> assertThat(row.split("\\|")[3])
                .containsPattern("`[A-Z]\\w+\\.\\w+`|`[a-z0-9-]+\\.txt`|`planted/|not applicable.*: |not yet: "));
    }

    @Test
    void everyPlantedBugIsOfAClassOnThePage() throws IOException {
        Set<String> classes =
                rows().stream().map(row -> row.split("\\|")[1].trim()).collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> files = Files.list(RESOURCES.resolve("planted"))) {
            for (Path file : files.toList()) {
                assertThat(Files.readAllLines(file))
                        .as(file.toString())
                        .anyMatch(line -> line.startsWith("class: ") && classes.contains(line.substring(7)));
            }
        }
    }

    private static List<String> rows() throws IOException {
        return Files.readAllLines(DOCUMENT).stream()
                .filter(line -> line.matches("\\| (F-conf|[ELRSXMJ])\\d+ \\|.*"))
                .toList();
    }
}
