package io.raftkv.cli;

import io.raftkv.callback.ClientConfig;
import io.raftkv.config.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the cluster is and how long to wait for it: options that all clients have in common. */
public final class ClusterOptions {
    /** The variable that names the coordinators. */
    public static final String VARIABLE = "RAFTKV_COORDINATORS";

    /** Where the coordinators are if nobody says anything else: as FastTest starts them. */
    public static final String DEFAULT = "127.0.0.1:50000,127.0.0.1:50001,127.0.0.1:50002";

    private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|s|m|)");

    @Option(
            names = "--coordinators",
            paramLabel = "ip:port,...",
            description = "The coordinators; any that are up will do. Default: those of --config, else $" + VARIABLE
                    + ", else " + DEFAULT + ".")
    private @Nullable String coordinators;

    @Option(names = "--config", paramLabel = "FILE", description = "A client configuration file (XML or YAML).")
    private @Nullable Path config;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long one command may take, all retries included: 500ms, 10s or 10. Default: 10s.")
    private @Nullable String timeout;

    /** What follows from the options, the environment and the defaults. */
    public ClientConfig resolve(Console console) {
        String variable = console.environment().apply(VARIABLE);
        ClientConfig base = config != null ? ClientConfig.load(config) : ClientConfig.of(DEFAULT);
        if (config == null && variable != null && !variable.isBlank()) {
            base = base.withCoordinators(addresses("$" + VARIABLE, variable));
        }
        if (coordinators != null) {
            base = base.withCoordinators(addresses("--coordinators", coordinators));
        }
        return timeout == null
                ? base
                : base.withRequestTimeoutMs((int) duration("--timeout", timeout).toMillis());
    }

    /** Reads {@code ip:port,ip:port}. */
    public static List<HostPort> addresses(String option, String text) {
        try {
            return HostPort.parseList(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }

    /** Reads {@code ip:port}. */
    public static HostPort address(String option, String text) {
        try {
            return HostPort.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }

    /** Reads 500ms, 10s, 2m, or seconds without a unit; at least 1 ms, at most a day. */
    public static Duration duration(String option, String text) {
        Matcher matcher = DURATION.matcher(text);
        if (matcher.matches()) {
            double unitMs =
                    switch (matcher.group(2)) {
                        case "ms" -> 1;
                        case "m" -> 60_000;
                        default -> 1_000;
                    };
            double ms = Double.parseDouble(matcher.group(1)) * unitMs;
            if (ms >= 1 && ms <= 86_400_000) {
                return Duration.ofMillis((long) ms);
            }
        }
        throw new IllegalArgumentException(
                option + ": '" + text + "' is no time; allowed: 500ms, 10s, 2m or a number of seconds, 1ms to 1440m");
    }
}
