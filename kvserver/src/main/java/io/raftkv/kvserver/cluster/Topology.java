package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who serves what, as clients are told: for each shard its leader as the own replica knows it, else as it registered with
 * the coordinator, else a guess. A guess is better than a hole: Jedis refuses a map with holes, and the server guessed
 * answers with MOVED.
 *
 * <p>Threads: immutable.
 *
 * @param change which change of the table it shows
 * @param mapVersion of the shard map
 * @param nodes all servers, by address
 * @param shards by shard
 */
public record Topology(long change, long mapVersion, List<Node> nodes, List<Shard> shards) {
    public Topology {
        nodes = List.copyOf(nodes);
        shards = List.copyOf(shards);
    }

    /**
     * A server.
     *
     * @param id 40 hex digits, made of the server's id, so the same after a restart at another address
     */
    public record Node(String id, HostPort address, boolean self, boolean alive) {}

    /**
     * A shard.
     *
     * @param leader null if no server is known for it
     * @param leaderIsKnown false if the leader is a guess
     * @param replicas the other servers that have it
     * @param term of the leader as the own replica knows it, else 0
     */
    public record Shard(int number, @Nullable Node leader, boolean leaderIsKnown, List<Node> replicas, long term) {
        public Shard {
            replicas = List.copyOf(replicas);
        }
    }

    /** The Redis node id of a server id. */
    public static String nodeIdOf(long serverId) {
        return HexFormat.of().toHexDigits(serverId) + "0".repeat(24);
    }

    /** The address of the server that clients should ask for a shard, or null. */
    public @Nullable HostPort ownerOf(int shard) {
        Node leader = shards.get(shard).leader();
        return leader == null ? null : leader.address();
    }

    static Topology of(ShardTable table, long change) {
        ClusterState state = table.state();
        Map<String, Node> nodes = new TreeMap<>();
        state.servers().forEach((text, id) -> {
            HostPort address = HostPort.parse(text);
            nodes.put(
                    address.toString(),
                    new Node(nodeIdOf(id), address, id == table.serverId(), table.isAlive(address)));
        });
        // Clients need exactly one line about the server that they ask.
        nodes.put(table.self().toString(), new Node(nodeIdOf(table.serverId()), table.self(), true, true));
        List<Shard> shards = new ArrayList<>();
        for (int shard = 0; shard < state.shards(); shard++) {
            shards.add(shardOf(table, state, shard, nodes));
        }
        return new Topology(change, state.map().version(), List.copyOf(nodes.values()), shards);
    }

    private static Shard shardOf(ShardTable table, ClusterState state, int shard, Map<String, Node> nodes) {
        List<Node> members = membersOf(state, shard, nodes);
        ShardGroup group = table.group(shard);
        ReplicaId known = group == null ? null : group.view().leader();
        HostPort knownAddress = known == null ? null : table.addressOf(known.server());
        String registered = state.slot(shard);
        Node leader = knownAddress == null ? null : nodes.get(knownAddress.toString());
        if (leader == null && registered != null) {
            leader = nodes.get(registered);
        }
        boolean isKnown = leader != null;
        if (leader == null) {
            leader = members.stream().filter(Node::alive).findFirst().orElse(members.isEmpty() ? null : members.get(0));
        }
        Node chosen = leader;
        List<Node> replicas =
                members.stream().filter(node -> !node.equals(chosen)).toList();
        return new Shard(
                shard,
                chosen,
                isKnown,
                replicas,
                group == null ? 0 : group.view().term());
    }

    private static List<Node> membersOf(ClusterState state, int shard, Map<String, Node> nodes) {
        Genesis genesis = state.genesis().get(shard);
        List<String> addresses = genesis == null
                ? state.map().serversOf(shard)
                : genesis.voters().stream().map(Genesis.Voter::address).toList();
        List<Node> members = new ArrayList<>();
        for (String address : addresses) {
            Node node = nodes.get(HostPort.parse(address).toString());
            if (node != null) {
                members.add(node);
            }
        }
        return members;
    }
}
