package io.raftkv.cli.ctl;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to print, and about which service: for commands that list something. */
final class OutputOptions {
    enum Format {
        TEXT,
        JSON
    }

    @Option(names = "--output", paramLabel = "text|json", description = "Default: text.")
    private Format format = Format.TEXT;

    @Option(names = "--service", paramLabel = "NAME", description = "Default: that of the ctl command, which is kv.")
    private @Nullable String service;

    boolean json() {
        return format == Format.JSON;
    }

    String service(CtlSession session) {
        return session.service(service);
    }
}
