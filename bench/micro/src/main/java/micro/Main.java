package micro;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.profile.GCProfiler;

/** Runs the benchmarks, with the options of JMH, and prints what they came to as a table in Markdown. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws RunnerException, CommandLineOptionException {
        Options options = new OptionsBuilder()
                .parent(new CommandLineOptions(args))
                .addProfiler(GCProfiler.class)
                // Else what is measured is how fast the machine hands out memory.
                .jvmArgsAppend("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch")
                .build();
        Collection<RunResult> results = new Runner(options).run();
        System.out.println("\n| benchmark | with | per second | ± | bytes allocated for each |\n|---|---|---|---|---|");
        for (RunResult result : results) {
            Result<?> rate = result.getPrimaryResult();
            Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
            String name = result.getParams().getBenchmark();
            String with = result.getParams().getParamsKeys().stream()
                    .map(key -> key + " " + result.getParams().getParam(key))
                    .collect(Collectors.joining(", "));
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %,.0f | %.0f %% | %s |%n",
                    name.substring(name.indexOf('.') + 1),
                    with,
                    rate.getScore(),
                    100 * rate.getScoreError() / rate.getScore(),
                    allocated == null ? "" : "%,.0f".formatted(allocated.getScore()));
        }
    }
}
