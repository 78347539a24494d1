package io.raftkv.cli.ctl;

import io.raftkv.callback.CoordinatorClient;
import io.raftkv.cli.ExitCode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "query", description = "Show the shard map: version, group of each shard, servers of each group.")
final class QueryCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(
            paramLabel = "[VERSION]",
            hideParamSyntax = true,
            arity = "0..1",
            description = "An earlier version; default: the newest.")
    private @Nullable Long version;

    QueryCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        CoordinatorClient coordinator = session.coordinator();
        session.print((version == null ? coordinator.query() : coordinator.query(version)).format());
        return ExitCode.OK;
    }
}
