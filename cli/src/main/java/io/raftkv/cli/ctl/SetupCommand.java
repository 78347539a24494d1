package io.raftkv.cli.ctl;

import io.raftkv.callback.ClusterInfo;
import io.raftkv.callback.ShardMap;
import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What FastTest/start.sh needs of the coordinator, in one process: wait for its leader, compare what is there with what
 * is wanted, join the groups that are missing, wait until all shards serve. Each step is told by a line, so that the
 * script can start the servers in between.
 */
@Command(name = "setup", description = "For start scripts: bring a cluster to the wanted groups and wait for it.")
final class SetupCommand implements Callable<Integer> {
    private final CtlSession session;

    @Option(names = "--shards", required = true, description = "The number of shards that the cluster must have.")
    private int shards;

    @Option(names = "--for", paramLabel = "TIME", description = "How long at most. Default: 60s.")
    private String longest = "60s";

    @Parameters(
            paramLabel = "[GID ADDRESS,...]...",
            hideParamSyntax = true,
            arity = "0..*",
            description = "All groups of the cluster.")
    private final List<String> groups = new ArrayList<>();

    SetupCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        SortedMap<Integer, List<String>> wanted = JoinCommand.groups(groups);
        Waiting waiting = new Waiting(session, ClusterOptions.duration("--for", longest));
        ClusterInfo info = waiting.forLeader();
        tell("leader " + info.leader());
        if (info.shards() != shards) {
            throw new IllegalStateException("this cluster has " + info.shards() + " shards and not " + shards
                    + "; their number is fixed when a cluster is made: use --shards " + info.shards()
                    + ", or another --data for a new cluster");
        }
        join(wanted);
        tell("joined");
        if (!wanted.isEmpty()) {
            waiting.forShards(view -> {});
        }
        tell("ready " + session.coordinator().slots(CtlSession.KV));
        return ExitCode.OK;
    }

    private void join(SortedMap<Integer, List<String>> wanted) {
        ShardMap map = session.coordinator().query();
        String surplus = map.groups().keySet().stream()
                .filter(gid -> !wanted.containsKey(gid))
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
        if (!surplus.isEmpty()) {
            throw new IllegalStateException("this cluster also has the groups " + surplus
                    + ", which hold shards: start it with --groups "
                    + map.groups().size()
                    + " and take them out with: raftkv ctl leave " + surplus);
        }
        SortedMap<Integer, List<String>> missing = new TreeMap<>(wanted);
        map.groups().forEach((gid, servers) -> {
            if (!servers.equals(missing.remove(gid))) {
                throw new IllegalStateException("group " + gid + " of this cluster has the servers " + servers
                        + " and not " + wanted.get(gid) + ": use the same --replicas and --server-port as before");
            }
        });
        if (!missing.isEmpty()) {
            session.coordinator().join(missing);
        }
    }

    private void tell(String step) {
        session.print(step);
        session.console().out().flush();
    }
}
