package io.raftkv.cli.ctl;

import io.raftkv.callback.ClusterInfo;
import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.CoordinatorNodes;
import io.raftkv.cli.ClusterOptions;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import io.raftkv.cli.Table;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code coordinator list | add | remove | replace}: the coordinator's own nodes. */
@Command(
        name = "coordinator",
        description = {
            "Show the coordinator's own nodes and change them: list, add, remove, replace.",
            "A node is named by the address at which it serves clients, or by its id.",
            "To replace a dead machine: start a node elsewhere with the same cluster name and an empty data folder, then"
                    + " \"replace DEAD NEW\". A node that lost its data folder is replaced by itself: \"replace A A\"."
        })
final class NodesCommand implements Callable<Integer> {
    private static final String WAIT = "How long to wait at most. Default: ${DEFAULT-VALUE}.";

    private final CtlSession session;

    NodesCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return list(OutputOptions.Format.TEXT);
    }

    @Command(name = "list", description = "List the nodes: id, address, state, and how many entries they are behind.")
    int list(
            @Option(names = "--output", paramLabel = "text|json", defaultValue = "TEXT", description = "Default: text.")
                    OutputOptions.Format format) {
        ClusterInfo info = session.coordinator().info();
        CoordinatorNodes nodes;
        String trouble = null;
        try {
            nodes = session.coordinator().nodes();
        } catch (CoordinatorException e) {
            if (!e.is(CoordinatorException.NO_LEADER)) {
                throw e;
            }
            trouble = e.getMessage();
            nodes = asSeenByOne(info);
        }
        session.print(format == OutputOptions.Format.JSON ? json(info, nodes) : text(info, nodes));
        if (trouble != null) {
            session.console().err().println("(error) " + trouble + "; the list is what the asked node sees");
        }
        return trouble == null ? ExitCode.OK : ExitCode.FAILED;
    }

    @Command(
            name = "add",
            description = {
                "Make a new node a member; ends when it has a say.",
                "Start it first, with the cluster name of the others and an empty data folder; it waits to be added. As long as it"
                        + " does not keep up, the others go on without it."
            })
    int add(
            @Parameters(paramLabel = "NODE", description = "Such as 127.0.0.1:50003.") String node,
            @Option(names = "--for", paramLabel = "TIME", defaultValue = "60s", description = WAIT) String longest) {
        String name = name(node);
        return carryOut(new NodeChange(session, name, null, duration(longest)));
    }

    @Command(
            name = "remove",
            description = {
                "Remove a node, alive or dead, or take back that it is being added.",
                "If it leads, it hands over first. Its id never comes back; its machine may, with an empty data folder, by add."
            })
    int remove(
            @Parameters(paramLabel = "NODE", description = "Such as 127.0.0.1:50003.") String node,
            @Option(names = "--for", paramLabel = "TIME", defaultValue = "60s", description = WAIT) String longest) {
        String name = name(node);
        return carryOut(new NodeChange(session, null, name, duration(longest)));
    }

    @Command(name = "replace", description = "Let a new node take the place of a member, alive or dead, in one change.")
    int replace(
            @Parameters(index = "0", paramLabel = "OLD", description = "The member that leaves.") String old,
            @Parameters(index = "1", paramLabel = "NEW", description = "The new node; may be at the same address.")
                    String node,
            @Option(names = "--for", paramLabel = "TIME", defaultValue = "60s", description = WAIT) String longest) {
        String leaves = name(old);
        return carryOut(new NodeChange(session, name(node), leaves, duration(longest)));
    }

    private static Duration duration(String longest) {
        return ClusterOptions.duration("--for", longest);
    }

    private static String name(String node) {
        return node.indexOf(':') >= 0 || !node.matches("[0-9a-fA-F]{1,16}")
                ? ClusterOptions.address("NODE", node).toString()
                : node;
    }

    private int carryOut(NodeChange change) {
        session.print(change.carryOut());
        return ExitCode.OK;
    }

    private static CoordinatorNodes asSeenByOne(ClusterInfo info) {
        List<CoordinatorNodes.Row> rows = info.nodes().stream()
                .map(node -> new CoordinatorNodes.Row(node.id(), node.address(), node.state(), null))
                .toList();
        return new CoordinatorNodes(0, null, info.term(), info.commit(), info.commit(), rows);
    }

    private static String text(ClusterInfo info, CoordinatorNodes nodes) {
        StringBuilder text = new StringBuilder("cluster " + info.clusterName() + " (" + info.clusterId() + "), term "
                + nodes.term() + ", commit " + nodes.commit() + "\n");
        Table table = new Table("ID", "ADDRESS", "STATE", "LAG");
        nodes.nodes()
                .forEach(
                        row -> table.row(Long.toHexString(row.id()), row.address(), row.state(), lag(row, nodes, "-")));
        text.append(table);
        if (nodes.change() != null) {
            text.append("\nunder way: ").append(nodes.change());
        }
        nodes.nodes().stream().filter(row -> row.state().equals("waiting")).forEach(row -> text.append("\nnew: ")
                .append(row.address())
                .append("; to make it a member: coordinator add ")
                .append(row.address()));
        return text.toString();
    }

    private static Object lag(CoordinatorNodes.Row row, CoordinatorNodes nodes, @Nullable String unknown) {
        Long match = row.match();
        return match == null ? String.valueOf(unknown) : Long.valueOf(Math.max(0, nodes.last() - match));
    }

    private static String json(ClusterInfo info, CoordinatorNodes nodes) {
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("cluster", info.clusterId());
        whole.put("name", info.clusterName());
        whole.put("term", nodes.term());
        whole.put("commit", nodes.commit());
        whole.put("version", nodes.version());
        whole.put("change", nodes.change() == null ? "" : nodes.change());
        whole.put("nodes", nodes.nodes().stream().map(row -> fields(row, nodes)).toList());
        return Json.of(whole);
    }

    private static Map<String, Object> fields(CoordinatorNodes.Row row, CoordinatorNodes nodes) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", Long.toHexString(row.id()));
        fields.put("address", row.address());
        fields.put("state", row.state());
        if (row.match() != null) {
            fields.put("lag", lag(row, nodes, null));
        }
        return fields;
    }
}
