package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "slots", description = "Show the slot array: in service kv, the leader of each shard.")
final class SlotsCommand implements Callable<Integer> {
    private final CtlSession session;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    SlotsCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        List<@Nullable String> slots = session.coordinator().slots(output.service(session));
        if (output.json()) {
            session.print(Json.of(slots));
            return ExitCode.OK;
        }
        for (int i = 0; i < slots.size(); i++) {
            session.print(i + " " + slots.get(i));
        }
        return ExitCode.OK;
    }
}
