package io.raftkv.kvserver.service;

import io.raftkv.callback.KeySlot;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.cluster.Topology;
import io.raftkv.kvserver.cluster.Topology.Node;
import io.raftkv.kvserver.cluster.Topology.Shard;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A topology in the forms of Redis Cluster. Every server is a master, of the shards that it leads: Redis's text has one
 * role for each node, and Raft has one for each shard.
 *
 * <p>Threads: immutable.
 */
final class ClusterText {
    private final Topology topology;
    private final RespValue slots;
    private final String nodes;

    ClusterText(Topology topology) {
        this.topology = topology;
        this.slots = renderSlots();
        this.nodes = renderNodes();
    }

    Topology topology() {
        return topology;
    }

    RespValue slots() {
        return slots;
    }

    String nodes() {
        return nodes;
    }

    private int first(Shard shard) {
        return KeySlot.firstSlot(shard.number(), topology.shards().size());
    }

    private int last(Shard shard) {
        return KeySlot.lastSlot(shard.number(), topology.shards().size());
    }

    /** One row for each run of shards with the same leader and replicas, the leader first. */
    private RespValue renderSlots() {
        List<RespValue> rows = new ArrayList<>();
        List<Shard> shards = topology.shards();
        for (int i = 0; i < shards.size(); ) {
            Shard start = shards.get(i);
            int next = i + 1;
            while (next < shards.size()
                    && Objects.equals(shards.get(next).leader(), start.leader())
                    && shards.get(next).replicas().equals(start.replicas())) {
                next++;
            }
            if (start.leader() != null) {
                rows.add(slotRow(start, start.leader(), last(shards.get(next - 1))));
            }
            i = next;
        }
        return RespValue.array(rows);
    }

    private RespValue slotRow(Shard shard, Node leader, int last) {
        List<RespValue> row = new ArrayList<>();
        row.add(RespValue.integer(first(shard)));
        row.add(RespValue.integer(last));
        row.add(endpoint(leader));
        shard.replicas().stream().filter(Node::alive).forEach(node -> row.add(endpoint(node)));
        return RespValue.array(row);
    }

    private static RespValue endpoint(Node node) {
        return RespValue.array(
                RespValue.bulk(node.address().host()),
                RespValue.integer(node.address().port()),
                RespValue.bulk(node.id()),
                RespValue.map());
    }

    private String renderNodes() {
        StringBuilder out = new StringBuilder();
        for (Node node : topology.nodes()) {
            out.append(node.id())
                    .append(' ')
                    .append(node.address())
                    .append('@')
                    .append(node.address().port()) // Peers use the same port.
                    .append(node.self() ? " myself,master" : node.alive() ? " master" : " master,fail")
                    .append(" - 0 0 ")
                    .append(topology.mapVersion())
                    .append(node.alive() ? " connected" : " disconnected");
            appendRanges(out, node);
            out.append('\n');
        }
        return out.toString();
    }

    private void appendRanges(StringBuilder out, Node node) {
        List<Shard> shards = topology.shards();
        for (int i = 0; i < shards.size(); i++) {
            if (!node.equals(shards.get(i).leader())) {
                continue;
            }
            int from = first(shards.get(i));
            while (i + 1 < shards.size() && node.equals(shards.get(i + 1).leader())) {
                i++;
            }
            int to = last(shards.get(i));
            out.append(' ').append(from);
            if (to > from) {
                out.append('-').append(to);
            }
        }
    }

    /** Not cached: it carries how far replicas have applied. */
    RespValue shards(ShardTable table) {
        List<RespValue> rows = new ArrayList<>();
        for (Shard shard : topology.shards()) {
            List<RespValue> members = new ArrayList<>();
            ShardGroup own = table.group(shard.number());
            if (shard.leader() != null) {
                members.add(member(shard.leader(), "master", own));
            }
            shard.replicas().forEach(node -> members.add(member(node, "replica", own)));
            rows.add(new Fields()
                    .add("slots", RespValue.array(RespValue.integer(first(shard)), RespValue.integer(last(shard))))
                    .add("nodes", RespValue.array(members))
                    .done());
        }
        return RespValue.array(rows);
    }

    private static RespValue member(Node node, String role, @Nullable ShardGroup own) {
        long applied = node.self() && own != null ? own.group().status().lastApplied() : 0;
        return new Fields()
                .add("id", node.id())
                .add("port", node.address().port())
                .add("ip", node.address().host())
                .add("endpoint", node.address().host())
                .add("role", role)
                .add("replication-offset", applied)
                .add("health", node.alive() ? "online" : "fail")
                .done();
    }

    String info() {
        List<Shard> shards = topology.shards();
        int assigned = 0;
        int ok = 0;
        for (Shard shard : shards) {
            int size = last(shard) - first(shard) + 1;
            assigned += shard.leader() == null ? 0 : size;
            ok += shard.leaderIsKnown() ? size : 0;
        }
        long masters = shards.stream()
                .map(Shard::leader)
                .filter(Objects::nonNull)
                .distinct()
                .count();
        long term = shards.stream().mapToLong(Shard::term).max().orElse(0);
        return "cluster_state:" + (ok == KeySlot.SLOTS ? "ok" : "fail")
                + "\r\ncluster_slots_assigned:" + assigned
                + "\r\ncluster_slots_ok:" + ok
                + "\r\ncluster_slots_pfail:0"
                + "\r\ncluster_slots_fail:" + (assigned - ok)
                + "\r\ncluster_known_nodes:" + topology.nodes().size()
                + "\r\ncluster_size:" + masters
                + "\r\ncluster_current_epoch:" + topology.mapVersion()
                + "\r\ncluster_my_epoch:" + topology.mapVersion()
                + "\r\ncluster_stats_messages_sent:0"
                + "\r\ncluster_stats_messages_received:0"
                + "\r\ntotal_cluster_links_buffer_limit_exceeded:0"
                + "\r\ncluster_raft_current_term:" + term
                + "\r\n";
    }
}
