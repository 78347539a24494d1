package io.raftkv.raft.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Looks for planted bugs in many runs. What it came to is kept in a file for each state of the sources, so that the next
 * search goes on where this one was ended: whoever has ten minutes at a time can search for hours.
 *
 * <p>Threads: {@link #run} uses some of its own; all else belongs to the caller's.
 */
final class PlantedSearch {
    /** All bugs are looked for a little before one is looked for long, so that a search that is ended early tells of all. */
    private static final int[] PASSES = {10, 100, Integer.MAX_VALUE};

    private static final Path FOLDER = Path.of("target", "planted");
    private static final long BETWEEN_STARTS = 10_000;

    private static final Map<String, String> CHECKS = checks();

    private final List<PlantedBug> bugs;
    private final int starts;
    private final int limit;
    private final Path file;
    private final Map<Search, Outcome> outcomes = new HashMap<>();

    /** The runs of one bug from one first seed on. */
    private record Search(String bug, long firstSeed) {}

    /**
     * @param runs how many were made
     * @param found by which check the last of them found the bug; empty if none did
     */
    record Outcome(int runs, String found) {
        static final Outcome NONE = new Outcome(0, "");

        boolean isFound() {
            return !found.isEmpty();
        }
    }

    /**
     * @param starts from how many first seeds each bug is looked for
     * @param limit how many runs are made from each at most
     */
    PlantedSearch(List<PlantedBug> bugs, int starts, int limit) throws IOException {
        this.bugs = bugs;
        this.starts = starts;
        this.limit = limit;
        this.file = FOLDER.resolve(stateOfTheSources() + ".tsv");
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                String[] fields = line.split("\t", -1);
                outcomes.put(
                        new Search(fields[0], Long.parseLong(fields[1])),
                        new Outcome(Integer.parseInt(fields[2]), fields[3]));
            }
        }
    }

    private static String stateOfTheSources() throws IOException {
        CRC32C crc = new CRC32C();
        for (Path folder : List.of(Path.of("src", "main", "java"), Path.of("src", "test", "java"))) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    String path = file.toString().replace('\\', '/');
                    if (path.startsWith("src/main") || path.contains("/sim/")) {
                        crc.update(path.getBytes(UTF_8));
                        crc.update(Files.readAllBytes(file));
                    }
                }
            }
        }
        return Long.toHexString(crc.getValue());
    }

    /** Goes on until all is found or given up, or {@code goOn} says no, which is asked before each run. */
    void run(int threadCount, BooleanSupplier goOn) throws IOException, InterruptedException {
        Files.createDirectories(FOLDER);
        ExecutorService threads = Executors.newFixedThreadPool(threadCount);
        try {
            for (int pass : PASSES) {
                List<Future<?>> ends = new ArrayList<>();
                for (PlantedBug bug : bugs) {
                    ends.add(threads.submit(() -> {
                        search(bug, Math.min(pass, limit), goOn);
                        return null;
                    }));
                }
                for (Future<?> end : ends) {
                    end.get();
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private void search(PlantedBug bug, int upTo, BooleanSupplier goOn) throws IOException {
        LongConsumer simulator = null;
        for (int start = 0; start < starts; start++) {
            Search search = search(bug, start);
            Outcome outcome = outcome(search);
            if (outcome.isFound() || outcome.runs() >= upTo || !goOn.getAsBoolean()) {
                continue;
            }
            if (simulator == null) {
                simulator = PlantedClasses.simulator(bug);
            }
            while (!outcome.isFound() && outcome.runs() < upTo && goOn.getAsBoolean()) {
                outcome = new Outcome(outcome.runs() + 1, run(simulator, search.firstSeed() + outcome.runs()));
            }
            came(search, outcome);
        }
    }

    /** Which check found something; empty if none did. */
    static String run(LongConsumer simulator, long seed) {
        try {
            simulator.accept(seed);
            return "";
        } catch (RuntimeException | Error found) {
            return check(found);
        }
    }

    private synchronized Outcome outcome(Search search) {
        return outcomes.getOrDefault(search, Outcome.NONE);
    }

    private synchronized void came(Search search, Outcome to) throws IOException {
        outcomes.put(search, to);
        String line = String.join(
                "\t", search.bug(), String.valueOf(search.firstSeed()), String.valueOf(to.runs()), to.found());
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        System.out.printf(
                "planted bug %s from seed %d: %s in %d runs%n",
                search.bug(), search.firstSeed(), to.isFound() ? to.found() : "nothing", to.runs());
    }

    /** A bug that is planted otherwise than before is another one. */
    private static Search search(PlantedBug bug, int start) {
        return new Search(
                bug.name() + "/" + Integer.toHexString(bug.edits().toString().hashCode()), 1 + BETWEEN_STARTS * start);
    }

    /** What is known of each bug, from each first seed on. */
    synchronized Map<PlantedBug, List<Outcome>> outcomes() {
        Map<PlantedBug, List<Outcome>> all = new LinkedHashMap<>();
        for (PlantedBug bug : bugs) {
            List<Outcome> ofBug = new ArrayList<>();
            for (int start = 0; start < starts; start++) {
                ofBug.add(outcome(search(bug, start)));
            }
            all.put(bug, ofBug);
        }
        return all;
    }

    /** In Markdown. */
    String table() {
        StringBuilder table = new StringBuilder(
                "\n| planted bug | what is wrong | median | worst | found by |\n|---|---|---|---|---|\n");
        outcomes()
                .forEach((bug, found) -> table.append("| `%s` | %s | %s | %s | %s |%n"
                        .formatted(
                                bug.name(),
                                bug.what(),
                                figure(found, (starts - 1) / 2),
                                figure(found, starts - 1),
                                String.join(
                                        ", ",
                                        found.stream()
                                                .map(Outcome::found)
                                                .filter(check -> !check.isEmpty())
                                                .distinct()
                                                .toList()))));
        return table.append('\n').toString();
    }

    /** Of searches in the order of their length, in which those that found nothing are the longest. */
    private static String figure(Collection<Outcome> ofOneBug, int place) {
        List<Integer> found = ofOneBug.stream()
                .filter(Outcome::isFound)
                .map(Outcome::runs)
                .sorted()
                .toList();
        if (place < found.size()) {
            return String.valueOf(found.get(place));
        }
        int least = ofOneBug.stream()
                .filter(outcome -> !outcome.isFound())
                .mapToInt(Outcome::runs)
                .min()
                .orElseThrow();
        return "> " + least;
    }

    /** Which check it was, by what it says. */
    private static String check(Throwable found) {
        String message = String.valueOf(found.getMessage());
        return CHECKS.entrySet().stream()
                .filter(check -> message.contains(check.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(found.getClass().getSimpleName() + ": "
                        + message.lines().findFirst().orElse("").replace('\t', ' '));
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
                "left",
                "log",
                "term",
                "liveness")) {
            checks.put(name + ": ", name);
        }
        checks.put("appended Configuration", "configurations");
        checks.put("leads with Configuration", "configurations");
        checks.put("no order of these operations", "linearizability");
        checks.put("log time: ", "log time");
        checks.put(" ms after ", "log time");
        checks.put("stopped itself", "a server's own checks");
        checks.put("cannot start", "recovery");
        checks.put("cannot open", "a server's own checks");
        checks.put("the log of group", "recovery");
        checks.put("answered twice", "clients");
        return checks;
    }
}
