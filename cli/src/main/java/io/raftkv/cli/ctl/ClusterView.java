package io.raftkv.cli.ctl;

import io.netty.channel.EventLoopGroup;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.Genesis;
import io.raftkv.callback.Placement;
import io.raftkv.callback.ShardMap;
import io.raftkv.cli.Failures;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The shard map beside what the servers themselves say, at about one moment.
 *
 * @param replicas by server
 * @param silent servers that did not answer, and why
 */
record ClusterView(ShardMap map, Map<HostPort, List<ReplicaStatus>> replicas, Map<HostPort, String> silent) {
    private static final int SERVER_TIMEOUT_MS = 2_000;

    /** One shard: what is wanted of it, and what its leader says. */
    record Shard(
            int number,
            int gid,
            List<HostPort> servers,
            @Nullable HostPort leader,
            @Nullable ReplicaStatus status) {
        boolean serves() {
            return status != null && status.serves();
        }

        /** Whether it serves from where the map wants it. */
        boolean isInPlace() {
            return status != null && status.serves() && status.isAt(servers);
        }
    }

    /** Asks the coordinator for the map, and all servers that have or should have a shard for their state, all at once. */
    static ClusterView read(CoordinatorClient coordinator, EventLoopGroup loops) {
        ShardMap map = coordinator.query();
        Map<Long, String> addresses = new TreeMap<>();
        coordinator.servers().forEach((address, id) -> addresses.put(id, address));
        Map<HostPort, CompletableFuture<List<ReplicaStatus>>> asked = new LinkedHashMap<>();
        for (List<String> servers : map.groups().values()) {
            for (String server : servers) {
                asked.computeIfAbsent(HostPort.parse(server), address -> ask(address, loops));
            }
        }
        for (Placement placement : coordinator.placements()) {
            askAll(placement.voters().keySet(), addresses, asked, loops);
        }
        for (Genesis genesis : coordinator.genesis()) {
            askAll(genesis.voters().stream().map(Genesis.Voter::server).toList(), addresses, asked, loops);
        }
        Map<HostPort, List<ReplicaStatus>> replicas = new LinkedHashMap<>();
        Map<HostPort, String> silent = new LinkedHashMap<>();
        asked.forEach((server, answer) -> {
            try {
                replicas.put(server, answer.join());
            } catch (RuntimeException e) {
                silent.put(server, Failures.text(e));
            }
        });
        return new ClusterView(map, replicas, silent);
    }

    private static void askAll(
            Collection<Long> servers,
            Map<Long, String> addresses,
            Map<HostPort, CompletableFuture<List<ReplicaStatus>>> asked,
            EventLoopGroup loops) {
        for (long server : servers) {
            String known = addresses.get(server);
            if (known != null) {
                asked.computeIfAbsent(HostPort.parse(known), address -> ask(address, loops));
            }
        }
    }

    /** The shards in order. */
    List<Shard> shards() {
        Map<Integer, Map.Entry<HostPort, ReplicaStatus>> leaders = new TreeMap<>();
        replicas.forEach(
                (server, rows) -> rows.stream().filter(ReplicaStatus::leads).forEach(row -> {
                    Map.Entry<HostPort, ReplicaStatus> other = leaders.get(row.shard());
                    // A deposed leader that does not know it yet has the lower term.
                    if (other == null || other.getValue().term() < row.term()) {
                        leaders.put(row.shard(), Map.entry(server, row));
                    }
                }));
        List<Shard> shards = new ArrayList<>();
        for (int i = 0; i < map.shards(); i++) {
            Map.Entry<HostPort, ReplicaStatus> leader = leaders.get(i);
            shards.add(new Shard(
                    i,
                    map.gids().get(i),
                    map.serversOf(i).stream().map(HostPort::parse).toList(),
                    leader == null ? null : leader.getKey(),
                    leader == null ? null : leader.getValue()));
        }
        return shards;
    }

    /** In words, what keeps a shard from serving; "serving" if nothing does. */
    String state(Shard shard) {
        if (shard.gid() == 0) {
            return "no group";
        }
        if (shard.status() != null) {
            ReplicaStatus status = shard.status();
            StringBuilder state = new StringBuilder(status.state());
            status.unapplied()
                    .keySet()
                    .forEach(member ->
                            state.append("; ").append(member).append(' ').append(status.unappliedText(member)));
            return state + (status.move().isEmpty() ? "" : "; " + status.move());
        }
        List<String> reasons = new ArrayList<>();
        for (HostPort server : shard.servers()) {
            if (silent.containsKey(server)) {
                reasons.add(server + " does not answer");
            }
        }
        replicas.forEach((server, rows) -> rows.stream()
                .filter(row -> row.shard() == shard.number() && !row.state().isEmpty())
                .forEach(row -> reasons.add(server + ": " + row.state())));
        return reasons.isEmpty() ? "no leader" : "no leader; " + String.join(", ", reasons);
    }

    private static CompletableFuture<List<ReplicaStatus>> ask(HostPort server, EventLoopGroup loops) {
        RespClient.Options options = RespClient.Options.DEFAULT.withConnectTimeoutMs(SERVER_TIMEOUT_MS / 2);
        return RespClient.connect(loops, server.host(), server.port(), options)
                .thenCompose(client -> client.send("RKV.STATUS").whenComplete((reply, failure) -> client.close()))
                .thenApply(ClusterView::rows)
                .orTimeout(SERVER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    private static List<ReplicaStatus> rows(RespValue reply) {
        return reply.asList().stream().map(ReplicaStatus::of).toList();
    }
}
