package io.raftkv.cli.log;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code raftkv log verify}. */
@Command(
        name = "verify",
        description = "Read every byte of the log and of the snapshots of a stopped server and say what is damaged.")
final class VerifyCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private LogCommand parent;

    @Parameters(paramLabel = "DIR", description = "The data folder of the server.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path folder;

    @Option(names = "--json", description = "Print one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        StoppedFolder found = StoppedFolder.read(folder);
        List<String> damages = found.damages();
        Console console = parent.console();
        if (json) {
            console.out().println(Json.of(values(found, damages)));
        } else {
            damages.forEach(damage -> console.out().println("DAMAGED " + damage));
            values(found, damages).forEach((name, value) -> {
                if (value instanceof Number) {
                    console.out().println(name + " " + value);
                }
            });
            console.out().println(damages.isEmpty() ? "sound" : "not sound");
        }
        return damages.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private static Map<String, Object> values(StoppedFolder found, List<String> damages) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("files", found.log().files().size());
        values.put(
                "records",
                found.log().files().stream().mapToLong(file -> file.records()).sum());
        values.put("groups", found.log().groups().size());
        values.put(
                "snapshots",
                found.snapshots().values().stream().mapToInt(List::size).sum());
        values.put("recovering", found.recovering().size());
        values.put("damages", damages);
        return values;
    }
}
