package io.raftkv.cli.ctl;

import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import io.raftkv.cli.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "status", description = "Show each shard: group, leader, replicas, how far they are behind, state.")
final class StatusCommand implements Callable<Integer> {
    private final CtlSession session;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    StatusCommand(CtlSession session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ClusterView view = ClusterView.read(session.coordinator(), session.loops());
        session.print(output.json() ? json(view) : table(view));
        return ExitCode.OK;
    }

    private static String table(ClusterView view) {
        Table table = new Table("SHARD", "GROUP", "LEADER", "TERM", "REPLICAS", "LAG", "STATE");
        for (ClusterView.Shard shard : view.shards()) {
            ReplicaStatus status = shard.status();
            long known = shard.servers().stream()
                    .filter(view.replicas()::containsKey)
                    .count();
            table.row(
                    shard.number(),
                    shard.gid() == 0 ? "-" : shard.gid(),
                    shard.leader() == null ? "-" : shard.leader(),
                    status == null ? "-" : status.term(),
                    known + "/" + shard.servers().size(),
                    status == null ? "-" : status.lag(),
                    view.state(shard));
        }
        return table.toString();
    }

    private static String json(ClusterView view) {
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("version", view.map().version());
        List<Map<String, Object>> shards =
                view.shards().stream().map(shard -> fields(shard, view)).toList();
        whole.put("shards", shards);
        whole.put("silent", view.silent());
        return Json.of(whole);
    }

    private static Map<String, Object> fields(ClusterView.Shard shard, ClusterView view) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("shard", shard.number());
        fields.put("group", shard.gid());
        fields.put("servers", shard.servers());
        fields.put("state", view.state(shard));
        fields.put("in-place", shard.isInPlace());
        ReplicaStatus status = shard.status();
        if (status != null && shard.leader() != null) {
            fields.put("leader", shard.leader());
            fields.put("term", status.term());
            fields.put("commit", status.commit());
            fields.put("last", status.last());
            fields.put("lag", status.lag());
            fields.put("keys", status.keys());
            fields.put("members", status.members());
            fields.put("roles", status.roles());
            if (!status.unapplied().isEmpty()) {
                fields.put("unapplied-bytes", status.unapplied());
            }
            fields.put("move", status.move());
        }
        return fields;
    }
}
