package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "setslot", description = "Write a text into a slot; the array grows, and holes are null.")
final class SetSlotCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(index = "0", paramLabel = "INDEX", description = "From 0.")
    private int index;

    @Parameters(index = "1", paramLabel = "TEXT", description = "Any text.")
    private String text = "";

    @Option(names = "--force", description = "Also where a server guards the slot with a fence.")
    private boolean force;

    @Option(names = "--service", paramLabel = "NAME", description = "Default: that of the ctl command, which is kv.")
    private @Nullable String service;

    SetSlotCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.coordinator().setSlot(session.service(service), index, text, force);
        session.print("ok");
        return ExitCode.OK;
    }
}
