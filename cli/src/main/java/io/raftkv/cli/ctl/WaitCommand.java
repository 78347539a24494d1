package io.raftkv.cli.ctl;

import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "wait",
        description = "Wait until the coordinator has a leader and each shard serves from where the map wants it.")
final class WaitCommand implements Callable<Integer> {
    private final CtlSession session;

    @Option(names = "--leader", description = "Wait for the coordinator's leader only.")
    private boolean leaderOnly;

    @Option(names = "--for", paramLabel = "TIME", description = "How long at most. Default: 60s.")
    private String longest = "60s";

    WaitCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Waiting waiting = new Waiting(session, ClusterOptions.duration("--for", longest));
        waiting.forLeader();
        if (!leaderOnly) {
            MoveProgress progress = new MoveProgress(session.console());
            waiting.forShards(progress::show);
            progress.end();
        }
        session.print("ok");
        return ExitCode.OK;
    }
}
