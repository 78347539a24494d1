package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Shows that the simulator sees: bugs are {@linkplain PlantedBug planted}, and it must find them, with the very runs that
 * {@link SimulationTest} makes, or those for sessions and for damage, see {@link PlantedBug.Runs}. A bug that it does not find is a blind spot.
 *
 * <p>Properties: {@code planted} (only the bugs whose names this expression matches; with {@code sim.seed} one run of it, told in full),
 * {@code planted.table=true} to look for all bugs from several first seeds and to write the table of
 * {@code docs/verification.md} anew.
 */
class PlantedBugsTest {
    private static final String ONLY = "planted";
    private static final String SEED = "sim.seed";
    private static final String TABLE = "planted.table";
    private static final int LIMIT = Integer.getInteger("planted.limit", 1000);
    private static final int STARTS = Integer.getInteger("planted.starts", 5);
    private static final int THREADS =
            Integer.getInteger("sim.threads", Math.min(2, Runtime.getRuntime().availableProcessors()));
    private static final Path DOCUMENT = Path.of("..", "docs", "verification.md");
    private static final String TABLE_BEGINS = "<!-- table of planted bugs: written by PlantedBugsTest -->\n";
    private static final String TABLE_ENDS = "<!-- end of the table -->\n";

    private static final Map<String, String> CHECKS = checks();

    @BeforeAll
    static void silence() {
        Logs.silence();
    }

    /** What was found, after how many runs. */
    private record Find(int runs, String what) {}

    private static List<PlantedBug> bugs() throws IOException {
        return PlantedBug.all().stream()
                .filter(bug -> bug.name().matches(System.getProperty(ONLY, ".*")))
                .toList();
    }

    @TestFactory
    List<DynamicTest> bugsCanBePlanted() throws IOException {
        return bugs().stream()
                .map(bug -> DynamicTest.dynamicTest(bug.name(), () -> assertThat(PlantedClasses.compile(bug))
                        .isNotEmpty()))
                .toList();
    }

    @TestFactory
    @DisabledIfSystemProperty(named = SEED, matches = ".+")
    @DisabledIfSystemProperty(named = TABLE, matches = "true")
    List<DynamicTest> bugsAreFoundQuickly() throws Exception {
        boolean chosen = System.getProperty(ONLY) != null;
        List<PlantedBug> bugs =
                bugs().stream().filter(bug -> chosen || bug.quick() > 0).toList();
        Map<PlantedBug, List<Find>> finds = search(bugs, chosen ? LIMIT : 0, 1);
        return bugs.stream()
                .map(bug -> DynamicTest.dynamicTest(
                        bug.name(),
                        () -> assertThat(finds.get(bug)).as(bug.what()).doesNotContainNull()))
                .toList();
    }

    @Test
    @EnabledIfSystemProperty(named = TABLE, matches = "true")
    void tableOfAllBugs() throws Exception {
        Map<PlantedBug, List<Find>> finds = search(bugs(), LIMIT, STARTS);
        String table = table(finds);
        System.out.println(table);
        if (System.getProperty(ONLY) == null && STARTS >= 5) {
            String text = Files.readString(DOCUMENT);
            int begin = text.indexOf(TABLE_BEGINS) + TABLE_BEGINS.length();
            int end = text.indexOf(TABLE_ENDS);
            Files.writeString(DOCUMENT, text.substring(0, begin) + table + text.substring(end));
        }
        finds.forEach((bug, found) -> assertThat(found).as(bug.name()).doesNotContainNull());
    }

    @Test
    @EnabledIfSystemProperty(named = SEED, matches = ".+")
    @EnabledIfSystemProperty(named = ONLY, matches = ".+")
    void replay() throws IOException {
        System.setProperty(PlantedClasses.TRACE, "true");
        PlantedClasses.simulator(bugs().get(0)).accept(Long.getLong(SEED));
    }

    /** @param limit how many seeds are tried, 0 for what the bug itself says */
    private static Map<PlantedBug, List<Find>> search(List<PlantedBug> bugs, int limit, int starts) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            Map<String, Future<List<Find>>> futures = new TreeMap<>();
            for (PlantedBug bug : bugs) {
                futures.put(bug.name(), threads.submit(() -> {
                    LongConsumer simulator = PlantedClasses.simulator(bug);
                    List<Find> finds = new ArrayList<>();
                    for (int start = 0; start < starts; start++) {
                        finds.add(search(simulator, 1 + 10_000L * start, limit == 0 ? bug.quick() : limit));
                    }
                    System.out.printf("planted bug %s: %s%n", bug.name(), finds);
                    return finds;
                }));
            }
            Map<PlantedBug, List<Find>> all = new LinkedHashMap<>();
            for (PlantedBug bug : bugs) {
                all.put(bug, futures.get(bug.name()).get());
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    /** Null if nothing was found. */
    private static Find search(LongConsumer simulator, long firstSeed, int limit) {
        for (int run = 1; run <= limit; run++) {
            try {
                simulator.accept(firstSeed + run - 1);
            } catch (RuntimeException | Error found) {
                return new Find(run, check(found));
            }
        }
        return null;
    }

    /** Which check it was, by what it says. */
    private static String check(Throwable found) {
        String message = String.valueOf(found.getMessage());
        return CHECKS.entrySet().stream()
                .filter(check -> message.contains(check.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(found.getClass().getSimpleName() + ": "
                        + message.lines().findFirst().orElse(""));
    }

    /** What checks say, and what they are called. */
    private static Map<String, String> checks() {
        Map<String, String> checks = new LinkedHashMap<>();
        for (String name : List.of(
                "election safety",
                "leader completeness",
                "log matching",
                "state machine safety",
                "one vote",
                "durability",
                "promise",
                "truncation",
                "commit",
                "apply",
                "one owner",
                "drop",
                "stale read",
                "lease",
                "snapshot",
                "false alarm",
                "exactly once",
                "liveness")) {
            checks.put(name + ": ", name);
        }
        checks.put("appended Configuration", "configurations");
        checks.put("leads with Configuration", "configurations");
        checks.put("no order of these operations", "linearizability");
        checks.put("stopped itself", "a server's own checks");
        checks.put("cannot start", "recovery");
        checks.put("cannot open", "a server's own checks");
        checks.put("the log of group", "recovery");
        checks.put("answered twice", "clients");
        return checks;
    }

    private static String table(Map<PlantedBug, List<Find>> finds) {
        StringBuilder table = new StringBuilder(
                "\n| planted bug | what is wrong | median | worst | found by |\n|---|---|---|---|---|\n");
        finds.forEach((bug, found) -> {
            int[] runs = found.stream()
                    .mapToInt(find -> find == null ? LIMIT + 1 : find.runs)
                    .sorted()
                    .toArray();
            String checks = found.stream()
                    .filter(find -> find != null)
                    .map(Find::what)
                    .distinct()
                    .collect(Collectors.joining(", "));
            table.append("| `%s` | %s | %s | %s | %s |%n"
                    .formatted(
                            bug.name(),
                            bug.what(),
                            number(runs[runs.length / 2]),
                            number(runs[runs.length - 1]),
                            checks));
        });
        return table.append('\n').toString();
    }

    private static String number(int runs) {
        return runs > LIMIT ? "not found" : String.valueOf(runs);
    }
}
