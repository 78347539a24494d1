package io.raftkv.cli.ctl;

import io.raftkv.callback.ClusterInfo;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Table;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "info", description = "Show the coordinator: cluster, number of shards, nodes and their leader.")
final class InfoCommand implements Callable<Integer> {
    private final CtlSession session;

    InfoCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ClusterInfo info = session.coordinator().info();
        session.print("cluster " + info.clusterName() + " (" + info.clusterId() + "), " + info.shards()
                + " shards, leader " + (info.leader() == null ? "none" : info.leader()) + ", term " + info.term()
                + ", commit " + info.commit());
        Table table = new Table("ID", "ADDRESS", "STATE");
        info.nodes().forEach(node -> table.row(Long.toHexString(node.id()), node.address(), node.state()));
        session.print(table.toString());
        return ExitCode.OK;
    }
}
