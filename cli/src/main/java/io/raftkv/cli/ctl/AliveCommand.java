package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "alive", description = "List the addresses of the members that are alive.")
final class AliveCommand implements Callable<Integer> {
    private final CtlSession session;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    AliveCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        List<String> alive = session.coordinator().alive(output.service(session));
        if (output.json()) {
            session.print(Json.of(alive));
        } else {
            alive.forEach(session::print);
        }
        return ExitCode.OK;
    }
}
