package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.Placement;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
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
        return new Topology(change, state.map().version(), shown(state, nodes, shards), shards);
    }

    /** All but those that are gone and hold nothing: clients would try to reach them for ever. */
    private static List<Node> shown(ClusterState state, Map<String, Node> nodes, List<Shard> shards) {
        Set<String> wanted = new TreeSet<>();
        state.map()
                .groups()
                .values()
                .forEach(group -> group.forEach(
                        address -> wanted.add(HostPort.parse(address).toString())));
        shards.forEach(shard ->
                shard.replicas().forEach(node -> wanted.add(node.address().toString())));
        shards.forEach(shard -> {
            if (shard.leader() != null) {
                wanted.add(shard.leader().address().toString());
            }
        });
        return nodes.values().stream()
                .filter(node -> node.alive() || wanted.contains(node.address().toString()))
                .toList();
    }

    private static Shard shardOf(ShardTable table, ClusterState state, int shard, Map<String, Node> nodes) {
        ShardGroup group = table.group(shard);
        List<Node> members = membersOf(table, group, state, shard, nodes);
        Node leader = known(table, group, state, shard, nodes);
        boolean isKnown = leader != null;
        if (leader == null) {
            leader = guess(group, state, shard, members, nodes);
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

    private static @Nullable Node known(
            ShardTable table, @Nullable ShardGroup group, ClusterState state, int shard, Map<String, Node> nodes) {
        ReplicaId leader = group == null ? null : group.view().leader();
        HostPort address = leader == null ? null : table.addressOf(leader.server());
        Node node = address == null ? null : nodes.get(address.toString());
        String registered = group == null ? table.leaderElsewhere(shard) : state.slot(shard);
        return node != null || registered == null ? node : nodes.get(registered);
    }

    /** A server that has no replica sends clients to where the shard is to be, and not to itself. */
    private static @Nullable Node guess(
            @Nullable ShardGroup group, ClusterState state, int shard, List<Node> members, Map<String, Node> nodes) {
        Stream<Node> candidates = members.stream();
        if (group == null) {
            Stream<Node> wanted = state.map().serversOf(shard).stream()
                    .flatMap(address ->
                            Stream.ofNullable(nodes.get(HostPort.parse(address).toString())));
            candidates = Stream.concat(wanted, candidates).filter(node -> !node.self());
        }
        return candidates.filter(Node::alive).findFirst().orElse(members.isEmpty() ? null : members.get(0));
    }

    /** As the own replica knows them, else as the shard's leader told the coordinator, else as the shard began or will. */
    private static List<Node> membersOf(
            ShardTable table, @Nullable ShardGroup group, ClusterState state, int shard, Map<String, Node> nodes) {
        Placement placement = state.placements().get(shard);
        Genesis genesis = state.genesis().get(shard);
        Stream<@Nullable HostPort> addresses;
        if (group != null && !group.group().status().configuration().voters().isEmpty()) {
            addresses = group.group().status().configuration().voters().stream()
                    .map(voter -> table.addressOf(voter.server()));
        } else if (placement != null) {
            addresses = placement.voters().keySet().stream().map(table::addressOf);
        } else if (genesis != null) {
            addresses = genesis.voters().stream().map(voter -> HostPort.parse(voter.address()));
        } else {
            addresses = state.map().serversOf(shard).stream().map(HostPort::parse);
        }
        List<Node> members = new ArrayList<>();
        addresses.forEach(address -> {
            Node node = address == null ? null : nodes.get(address.toString());
            if (node != null) {
                members.add(node);
            }
        });
        return members;
    }
}
