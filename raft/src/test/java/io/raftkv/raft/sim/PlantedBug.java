package io.raftkv.raft.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A bug that is put into the code to see whether the simulator finds it. The code itself knows nothing of that: a file in
 * {@code src/test/resources/planted} says what text of which sources is replaced by what.
 *
 * <pre>
 * # What is wrong, in a line or more.
 * class: E1                 which class of bugs of docs/verification.md it stands for
 * runs: sessions            with which runs it is looked for, see {@link Runs}; those of SimulationTest if left out
 * quick: 40                 the build expects it to be found within so many seeds; left out if that takes too long
 * in: src/main/java/...     a source, then texts in it
 * find:
 * ...                       must stand there exactly once; how it is broken into lines does not matter
 * put:
 * ...
 * end
 * </pre>
 *
 * A replaced constant that the compiler copies into other classes would have no effect there.
 *
 * @param name of the file, without its suffix
 * @param runs what it is looked for with
 * @param quick 0 if it is not expected to be found quickly
 */
record PlantedBug(String name, String what, String bugClass, Runs runs, int quick, List<Edit> edits) {
    static final Path FOLDER = Path.of("src", "test", "resources", "planted");

    /** The runs of which test. */
    enum Runs {
        /** {@link SimulationTest}. */
        COMMANDS,
        /** {@link SessionSimulationTest}. */
        SESSIONS,
        /** {@link DamageSimulationTest}, in which a minority of the disks rots. */
        DAMAGE
    }

    /** One replaced text. */
    record Edit(Path source, String find, String put) {}

    static List<PlantedBug> all() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<PlantedBug> bugs = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith(".txt"))
                    .sorted()
                    .toList()) {
                bugs.add(read(file));
            }
            return bugs;
        }
    }

    static PlantedBug read(Path file) throws IOException {
        String what = "";
        String bugClass = "";
        Runs runs = Runs.COMMANDS;
        int quick = 0;
        Path source = null;
        List<Edit> edits = new ArrayList<>();
        Iterator<String> lines = Files.readAllLines(file).iterator();
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith("#")) {
                what = (what + " " + line.substring(1).trim()).trim();
            } else if (line.startsWith("class: ")) {
                bugClass = line.substring("class: ".length());
            } else if (line.startsWith("runs: ")) {
                runs = Runs.valueOf(line.substring("runs: ".length()).toUpperCase(Locale.ROOT));
            } else if (line.startsWith("quick: ")) {
                quick = Integer.parseInt(line.substring("quick: ".length()));
            } else if (line.startsWith("in: ")) {
                source = Path.of(line.substring("in: ".length()));
            } else if (line.equals("find:") && source != null) {
                edits.add(new Edit(source, until("put:", lines, file), until("end", lines, file)));
            } else if (!line.isBlank()) {
                throw new IOException(file + ": what is meant by \"" + line + "\"?");
            }
        }
        if (what.isEmpty() || bugClass.isEmpty() || edits.isEmpty()) {
            throw new IOException(file + " must say what is wrong, of which class it is, and what is to be replaced");
        }
        return new PlantedBug(file.getFileName().toString().replace(".txt", ""), what, bugClass, runs, quick, edits);
    }

    private static String until(String end, Iterator<String> lines, Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.equals(end)) {
                return text.toString();
            }
            text.append(line).append('\n');
        }
        throw new IOException(file + ": a text has no \"" + end + "\"");
    }

    /** The changed sources. */
    Map<Path, String> sources() throws IOException {
        Map<Path, String> sources = new LinkedHashMap<>();
        for (Edit edit : edits) {
            String before = sources.containsKey(edit.source)
                    ? sources.get(edit.source)
                    : Files.readString(edit.source).replace("\r\n", "\n");
            sources.put(edit.source, replace(edit, before));
        }
        return sources;
    }

    private String replace(Edit edit, String source) {
        String anyBreaks =
                Stream.of(edit.find.trim().split("\\s+")).map(Pattern::quote).collect(Collectors.joining("\\s+"));
        Matcher matcher = Pattern.compile(anyBreaks).matcher(source);
        List<MatchResult> found = matcher.results().toList();
        if (found.size() != 1) {
            throw new IllegalStateException("planted bug " + name + ": this stands " + found.size() + " times in "
                    + edit.source + ", not once; plant it anew:\n" + edit.find);
        }
        return source.substring(0, found.get(0).start())
                + edit.put
                + source.substring(found.get(0).end());
    }
}
