package io.raftkv.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code raftkv version}. */
@Command(name = "version", description = "Print the version, of RaftKV and of the Java it runs on.")
final class VersionCommand implements Callable<Integer> {
    private final Console console;

    VersionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        console.out()
                .println("raftkv " + version() + " (Java " + System.getProperty("java.version") + ", "
                        + System.getProperty("java.vm.name") + ")");
        return ExitCode.OK;
    }

    /** From the jar's manifest; classes that were never packed have none. */
    static String version() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
