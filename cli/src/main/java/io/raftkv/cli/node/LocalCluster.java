package io.raftkv.cli.node;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.coordinator.Coordinator;
import io.raftkv.kvserver.KvServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Coordinators and one group of servers in this process.
 *
 * <p>Threads: the caller's; the nodes have their own.
 */
final class LocalCluster implements AutoCloseable {
    private final Deque<Runnable> running = new ArrayDeque<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final List<HostPort> coordinators;
    private final List<HostPort> servers;

    private LocalCluster(List<HostPort> coordinators, List<HostPort> servers) {
        this.coordinators = coordinators;
        this.servers = servers;
    }

    /**
     * What to start.
     *
     * @param coordinatorPort of the first coordinator, the others follow; 0: any free ones
     * @param serverPort of the first server, the others follow; 0: any free ones
     */
    record Plan(
            int coordinators, int servers, int shards, int coordinatorPort, int serverPort, Path data, String name) {}

    /** Starts all nodes and joins the servers as group 1, unless it is there already. */
    static LocalCluster start(Plan plan) throws Exception {
        LocalCluster cluster = new LocalCluster(
                addresses(plan.coordinatorPort(), plan.coordinators()), addresses(plan.serverPort(), plan.servers()));
        try {
            cluster.startCoordinators(plan);
            cluster.join();
            cluster.startServers(plan);
            return cluster;
        } catch (Exception e) {
            cluster.close();
            throw e;
        }
    }

    List<HostPort> coordinators() {
        return coordinators;
    }

    List<HostPort> servers() {
        return servers;
    }

    /** Done with the reason if one of the nodes had to stop by itself. */
    CompletableFuture<Throwable> failure() {
        return failure;
    }

    ClientConfig clientConfig() {
        return ClientConfig.of(coordinators).withService("kv").withRequestTimeoutMs(30_000);
    }

    private void startCoordinators(Plan plan) throws Exception {
        for (HostPort address : coordinators) {
            Coordinator node = Coordinator.start(CoordinatorConfig.builder()
                    .listen(address)
                    .clusterSize(coordinators.size())
                    .members(coordinators)
                    .data(plan.data().resolve("coordinator-" + address.port()))
                    .clusterName(plan.name())
                    .shards(plan.shards())
                    .build());
            running.push(node::close);
            node.failure().thenAccept(failure::complete);
        }
    }

    private void join() {
        try (CoordinatorClient client = CoordinatorClient.open(clientConfig())) {
            if (!client.query().groups().containsKey(1)) {
                TreeMap<Integer, List<String>> group = new TreeMap<>();
                group.put(1, servers.stream().map(HostPort::toString).toList());
                client.join(group);
            }
        }
    }

    private void startServers(Plan plan) throws Exception {
        for (HostPort address : servers) {
            KvServer node = KvServer.start(ServerConfig.builder()
                    .listen(address)
                    .coordinators(coordinators)
                    .data(plan.data().resolve("server-" + address.port()))
                    .build());
            running.push(node::close);
            node.failure().thenAccept(failure::complete);
        }
    }

    // Ports are all taken at the same time, so that they differ, and freed for the nodes.
    private static List<HostPort> addresses(int first, int count) {
        List<HostPort> addresses = new ArrayList<>();
        if (first > 0) {
            for (int i = 0; i < count; i++) {
                addresses.add(new HostPort("127.0.0.1", first + i));
            }
            return addresses;
        }
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(socket);
                addresses.add(new HostPort("127.0.0.1", socket.getLocalPort()));
            }
            for (ServerSocket socket : held) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return addresses;
    }

    /** Closes servers before coordinators, so that they can say goodbye. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!running.isEmpty()) {
            try {
                running.pop().run();
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
