package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import io.raftkv.config.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "explain",
        description = "Tell in words how a shard is: why it has no leader, who is behind, what a move waits for.")
final class ExplainCommand implements Callable<Integer> {
    private final CtlSession session;

    @Parameters(paramLabel = "SHARD", description = "The shard's number, from 0.")
    private int shard;

    ExplainCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ClusterView view = ClusterView.read(session.coordinator(), session.loops());
        if (shard < 0 || shard >= view.map().shards()) {
            throw new IllegalArgumentException("shard must be 0.." + (view.map().shards() - 1));
        }
        explain(view, view.shards().get(shard)).forEach(session::print);
        return ExitCode.OK;
    }

    static List<String> explain(ClusterView view, ClusterView.Shard shard) {
        List<String> lines = new ArrayList<>();
        if (shard.gid() == 0) {
            lines.add("Shard " + shard.number() + " belongs to no group: join one.");
            return lines;
        }
        lines.add("Shard " + shard.number() + " belongs to group " + shard.gid() + " by map "
                + view.map().version() + ": " + names(shard.servers()) + ".");
        ReplicaStatus leader = shard.status();
        if (leader == null) {
            withoutLeader(view, shard, lines);
            return lines;
        }
        lines.add(shard.leader() + " leads it in term " + leader.term() + ", and "
                + (leader.serves() ? "serves." : "does not serve yet: " + leader.state() + "."));
        leader.members().keySet().forEach(member -> lines.add(member(view, leader, member)));
        if (shard.isInPlace()) {
            lines.add("It is where the map wants it.");
        } else {
            lines.add("It is not where the map wants it: "
                    + (leader.move().isEmpty() ? "a move is about to begin" : leader.move())
                    + ". It serves meanwhile.");
        }
        return lines;
    }

    private static String member(ClusterView view, ReplicaStatus leader, String member) {
        String role = leader.roles().getOrDefault(member, "voter");
        long lag = leader.lag(member);
        String unapplied = leader.unappliedText(member);
        String behind = (lag == 0 ? "has everything" : "is " + lag + " entries behind")
                + (unapplied.isEmpty() ? "" : ", " + unapplied);
        String silent = whySilent(view, member);
        return "  " + member + " (" + role + ") " + behind + (silent == null ? "" : ", and does not answer: " + silent)
                + ".";
    }

    private static @Nullable String whySilent(ClusterView view, String member) {
        return view.silent().entrySet().stream()
                .filter(server -> server.getKey().toString().equals(member))
                .map(java.util.Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private static void withoutLeader(ClusterView view, ClusterView.Shard shard, List<String> lines) {
        lines.add("It has no leader, so that it takes no requests.");
        List<ReplicaStatus> copies = new ArrayList<>();
        view.replicas().forEach((server, rows) -> rows.stream()
                .filter(row -> row.shard() == shard.number())
                .forEach(row -> {
                    if (!row.members().isEmpty()) {
                        copies.add(row);
                    }
                    lines.add("  " + server + ": " + row.state()
                            + (row.members().isEmpty() ? "" : ", holds " + row.last() + " entries") + ".");
                }));
        view.silent().forEach((server, why) -> {
            boolean concerned = shard.servers().contains(server)
                    || copies.stream().anyMatch(row -> row.members().containsKey(server.toString()));
            if (concerned) {
                lines.add("  " + server + " does not answer: " + why + ".");
            }
        });
        copies.stream().findFirst().ifPresent(any -> lines.add(majority(view, any)));
    }

    /** A shard elects a leader as soon as a majority of its voters is there. */
    private static String majority(ClusterView view, ReplicaStatus any) {
        List<String> voters = any.roles().entrySet().stream()
                .filter(member -> !member.getValue().equals("learner"))
                .map(java.util.Map.Entry::getKey)
                .toList();
        List<String> there = voters.stream()
                .filter(voter -> view.replicas().keySet().stream()
                        .anyMatch(server -> server.toString().equals(voter)))
                .toList();
        int needed = voters.size() / 2 + 1;
        return there.size() >= needed
                ? "A majority of its voters answers (" + String.join(", ", there)
                        + "): it should have a leader in a moment."
                : "Of its voters " + String.join(", ", voters) + ", " + needed + " have to be there, and "
                        + (there.isEmpty() ? "none is" : "only " + String.join(", ", there) + " is")
                        + ": start the others.";
    }

    private static String names(List<HostPort> servers) {
        return servers.stream().map(HostPort::toString).collect(Collectors.joining(", "));
    }
}
