package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
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
 * {@code planted.table=true} to look for all bugs from several first seeds ({@code planted.starts}, 5), from each of them in
 * {@code planted.limit} (1000) runs at most, and to write the table of {@code docs/verification.md} anew. With
 * {@code planted.minutes} it ends after so long, and goes on where it ended when it is started again, see
 * {@link PlantedSearch}.
 */
class PlantedBugsTest {
    private static final String ONLY = "planted";
    private static final String SEED = "sim.seed";
    private static final String TABLE = "planted.table";
    private static final int LIMIT = Integer.getInteger("planted.limit", 1000);
    private static final int DOCUMENTED_STARTS = 5;
    private static final int STARTS = Integer.getInteger("planted.starts", DOCUMENTED_STARTS);
    private static final double MINUTES = Double.parseDouble(System.getProperty("planted.minutes", "1e6"));
    private static final int THREADS =
            Integer.getInteger("sim.threads", Math.min(2, Runtime.getRuntime().availableProcessors()));
    private static final Path DOCUMENT = Path.of("..", "docs", "verification.md");
    private static final String TABLE_BEGINS = "<!-- table of planted bugs: written by PlantedBugsTest -->\n";
    private static final String TABLE_ENDS = "<!-- end of the table -->\n";

    @BeforeAll
    static void silence() {
        Logs.silence();
    }

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
    List<DynamicTest> bugsAreFoundQuickly() throws IOException {
        boolean chosen = System.getProperty(ONLY) != null;
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<DynamicTest> tests = new ArrayList<>();
        for (PlantedBug bug : bugs()) {
            if (chosen || bug.quick() > 0) {
                Future<String> check = threads.submit(() -> find(bug, chosen ? LIMIT : bug.quick()));
                tests.add(DynamicTest.dynamicTest(
                        bug.name(), () -> assertThat(check.get()).as(bug.what()).isNotEmpty()));
            }
        }
        threads.shutdown();
        return tests;
    }

    /** By which check; empty if by none. */
    private static String find(PlantedBug bug, int limit) throws IOException {
        LongConsumer simulator = PlantedClasses.simulator(bug);
        String check = "";
        for (int seed = 1; check.isEmpty() && seed <= limit; seed++) {
            check = PlantedSearch.run(simulator, seed);
            System.out.print(
                    check.isEmpty() ? "" : "planted bug %s: %s in %d runs%n".formatted(bug.name(), check, seed));
        }
        return check;
    }

    @Test
    @EnabledIfSystemProperty(named = TABLE, matches = "true")
    void tableOfAllBugs() throws Exception {
        PlantedSearch search = new PlantedSearch(bugs(), STARTS, LIMIT);
        long end = System.nanoTime() + (long) (MINUTES * 60e9);
        search.run(THREADS, () -> System.nanoTime() < end);
        String table = search.table();
        System.out.println(table);
        if (System.getProperty(ONLY) == null && STARTS == DOCUMENTED_STARTS) {
            String text = Files.readString(DOCUMENT);
            int begin = text.indexOf(TABLE_BEGINS) + TABLE_BEGINS.length();
            int rest = text.indexOf(TABLE_ENDS);
            Files.writeString(DOCUMENT, text.substring(0, begin) + table + text.substring(rest));
        }
    }

    @Test
    @EnabledIfSystemProperty(named = SEED, matches = ".+")
    @EnabledIfSystemProperty(named = ONLY, matches = ".+")
    void replay() throws IOException {
        System.setProperty(PlantedClasses.TRACE, "true");
        PlantedClasses.simulator(bugs().get(0)).accept(Long.getLong(SEED));
    }
}
