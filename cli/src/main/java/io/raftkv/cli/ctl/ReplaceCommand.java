package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import io.raftkv.config.HostPort;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "replace",
        description =
                "Let a server with an empty data folder take the place of one that lost its data, at its address.")
final class ReplaceCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(paramLabel = "ADDRESS", description = "Where the server was; :7001 stands for 127.0.0.1:7001.")
    private String address = "";

    ReplaceCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.coordinator().replaceServer(HostPort.parse(address));
        session.print("ok");
        return ExitCode.OK;
    }
}
