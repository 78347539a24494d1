package peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;

/** Measures one cell of the table in a process of its own: {@code Cell <class> <groups> <in flight> <warm-up s> <seconds>}. */
public final class Cell {
    private Cell() {}

    public static void main(String[] args) throws Exception {
        Cluster cluster = (Cluster) Class.forName(args[0]).getDeclaredConstructor().newInstance();
        int groups = Integer.parseInt(args[1]);
        int inFlight = Integer.parseInt(args[2]);
        Path folder = Files.createTempDirectory(Path.of(args[5]), "cell");
        try {
            long start = System.nanoTime();
            cluster.start(folder, groups);
            double ready = (System.nanoTime() - start) / 1e9;
            Load.Sample sample = new Load(cluster, groups)
                    .run(inFlight, Integer.parseInt(args[3]), Integer.parseInt(args[4]));
            System.out.printf(
                    Locale.ROOT,
                    "%-12s groups %4d  in flight %4d  %10.0f entries/s  %8.1f us CPU/entry  %5.2f cores  %d failed  %d threads"
                            + "  ready after %.1f s%n",
                    cluster.getClass().getSimpleName(),
                    groups,
                    inFlight,
                    sample.entries() / sample.seconds(),
                    sample.cpuSeconds() * 1e6 / Math.max(1, sample.entries()),
                    sample.cpuSeconds() / sample.seconds(),
                    sample.failures(),
                    Thread.activeCount(),
                    ready);
        } finally {
            delete(folder);
        }
        // The systems are not closed: with hundreds of groups that takes longer than the measurement, and says nothing.
        Runtime.getRuntime().halt(0);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
