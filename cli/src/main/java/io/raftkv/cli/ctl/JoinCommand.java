package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import io.raftkv.config.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "join",
        description = "Add groups of servers, or change their servers, in one change; shards move by themselves.")
final class JoinCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(
            paramLabel = "GID ADDRESS,ADDRESS,... [GID ADDRESS,...]",
            hideParamSyntax = true,
            arity = "2..*",
            description = "Each group's number, from 1, and its servers. :7001 stands for 127.0.0.1:7001.")
    private final List<String> words = new ArrayList<>();

    JoinCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.coordinator().join(groups(words));
        session.print("ok");
        return ExitCode.OK;
    }

    /** Reads {@code 1 a,b,c 2 d,e,f}; addresses are checked and kept as they were given. */
    static SortedMap<Integer, List<String>> groups(List<String> words) {
        if (words.size() % 2 != 0) {
            throw new IllegalArgumentException("each group needs a number and its servers");
        }
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        for (int i = 0; i < words.size(); i += 2) {
            List<String> servers = List.of(words.get(i + 1).split(",", -1));
            servers.forEach(HostPort::parse);
            if (groups.put(gid(words.get(i)), servers) != null) {
                throw new IllegalArgumentException("group " + words.get(i) + " is named twice");
            }
        }
        return groups;
    }

    /** Reads a group's number. */
    static int gid(String word) {
        if (!word.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("'" + word + "' is no group; groups are numbers from 1");
        }
        return Integer.parseInt(word);
    }
}
