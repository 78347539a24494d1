package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "move", description = "Give one shard to a group.")
final class MoveCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(index = "0", paramLabel = "SHARD", description = "The shard's number, from 0.")
    private int shard;

    @Parameters(index = "1", paramLabel = "GID", description = "The group's number.")
    private String gid = "";

    MoveCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.coordinator().move(shard, JoinCommand.gid(gid));
        session.print("ok");
        return ExitCode.OK;
    }
}
