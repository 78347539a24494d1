package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "leave", description = "Take groups out in one change; their shards go to the others.")
final class LeaveCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(paramLabel = "GID [GID...]", arity = "1..*", description = "The groups' numbers.")
    private final List<String> gids = new ArrayList<>();

    LeaveCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.coordinator().leave(gids.stream().map(JoinCommand::gid).toList());
        session.print("ok");
        return ExitCode.OK;
    }
}
