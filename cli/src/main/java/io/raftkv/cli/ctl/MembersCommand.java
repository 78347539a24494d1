package io.raftkv.cli.ctl;

import io.raftkv.callback.Member;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import io.raftkv.cli.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "members", description = "List the members that are alive: index, address, session, and who leads.")
final class MembersCommand implements Callable<Integer> {
    private final CtlSession session;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    MembersCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        List<Member> members = session.coordinator().members(output.service(session));
        if (output.json()) {
            session.print(Json.of(members.stream().map(MembersCommand::fields).toList()));
            return ExitCode.OK;
        }
        Table table = new Table("INDEX", "ADDRESS", "SESSION", "LEADER");
        for (Member member : members) {
            table.row(
                    member.idx(),
                    member.address(),
                    Long.toHexString(member.session()),
                    member.leader() ? "epoch " + member.epoch() : "-");
        }
        session.print(table.toString());
        return ExitCode.OK;
    }

    private static Map<String, Object> fields(Member member) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("index", member.idx());
        fields.put("address", member.address());
        fields.put("session", Long.toHexString(member.session()));
        fields.put("leader", member.leader());
        fields.put("epoch", member.epoch());
        return fields;
    }
}
