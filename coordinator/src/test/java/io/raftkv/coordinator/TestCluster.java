package io.raftkv.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;

/** Nodes of one cluster in this process, on free ports. */
final class TestCluster implements AutoCloseable {
    static final int SHARDS = 10;

    private final Path folder;
    private final String name;
    private final List<CoordinatorConfig> configs = new ArrayList<>();
    private final Map<Integer, Coordinator> running = new TreeMap<>();

    TestCluster(Path folder, int size) {
        this(folder, size, "test-" + UUID.randomUUID());
    }

    /**
     * A cluster whose nodes name each other, and use the ports for JGroups that follow from those for clients, so that they
     * are found without a search.
     */
    static TestCluster listed(Path folder, int size) {
        TestCluster cluster = new TestCluster(folder, 0);
        List<HostPort> members = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            members.add(new HostPort("127.0.0.1", FreePorts.next()));
        }
        for (int i = 0; i < size; i++) {
            cluster.configs.add(cluster.listedConfig(i, members.get(i), members));
        }
        return cluster;
    }

    private CoordinatorConfig listedConfig(int node, HostPort listen, List<HostPort> members) {
        return CoordinatorConfig.builder()
                .listen(listen)
                .members(members)
                .clusterName(name)
                .shards(SHARDS)
                .data(folder.resolve("node-" + node))
                .build();
    }

    TestCluster(Path folder, int size, String name) {
        this.folder = folder;
        this.name = name;
        for (int i = 0; i < size; i++) {
            configs.add(config(i, size).build());
        }
    }

    private CoordinatorConfig.Builder config(int node, int size) {
        return CoordinatorConfig.builder()
                .listen(new HostPort("127.0.0.1", FreePorts.next()))
                .clusterSize(size)
                .clusterName(name)
                .shards(SHARDS)
                .jgroupsPort(FreePorts.next())
                .data(folder.resolve("node-" + node));
    }

    TestCluster startAll() {
        for (int i = 0; i < configs.size(); i++) {
            start(i);
        }
        awaitReady();
        return this;
    }

    /** One more node, of the same name and with an empty folder; not started. Its number. */
    int newNode() {
        int node = configs.size();
        if (!configs.get(0).members().isEmpty()) {
            // It lists itself alone, so that it must be found by the others.
            HostPort listen = new HostPort("127.0.0.1", FreePorts.next());
            HostPort absent = new HostPort("127.0.0.1", FreePorts.next());
            configs.add(listedConfig(node, listen, List.of(listen, absent)));
            return node;
        }
        configs.add(config(node, configs.get(0).clusterSize()).build());
        return node;
    }

    /** The node is as if it were new: a folder that is empty, at the address that it had. */
    void emptyFolder(int node) {
        CoordinatorConfig before = configs.get(node);
        configs.set(
                node,
                before.toBuilder()
                        .data(before.data().resolveSibling(before.data().getFileName() + "-anew"))
                        .build());
    }

    Coordinator node(int node) {
        return running.get(node);
    }

    List<Integer> numbersOf(List<String> addresses) {
        return java.util.stream.IntStream.range(0, configs.size())
                .filter(node -> addresses.contains(address(node)))
                .boxed()
                .toList();
    }

    String address(int node) {
        return configs.get(node).listen().toString();
    }

    Coordinator start(int node) {
        try {
            Coordinator started = Coordinator.start(configs.get(node));
            running.put(node, started);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void stop(int node) {
        running.remove(node).close();
    }

    void awaitReady() {
        for (Coordinator node : running.values()) {
            try {
                assertThat(node.awaitReady(Duration.ofSeconds(20))).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    CoordinatorConfig config(int node) {
        return configs.get(node);
    }

    /** The node that leads, once exactly one does. */
    int leader() {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> leaders().size() == 1);
        return leaders().get(0);
    }

    private List<Integer> leaders() {
        return running.keySet().stream().filter(i -> running.get(i).leads()).toList();
    }

    int follower() {
        int leader = leader();
        return running.keySet().stream().filter(i -> i != leader).findFirst().orElseThrow();
    }

    ClientConfig clientConfig(Integer... nodes) {
        List<HostPort> addresses = new ArrayList<>();
        for (int node : nodes.length == 0 ? allNodes() : nodes) {
            addresses.add(configs.get(node).listen());
        }
        return ClientConfig.of(addresses);
    }

    private Integer[] allNodes() {
        return java.util.stream.IntStream.range(0, configs.size()).boxed().toArray(Integer[]::new);
    }

    CoordinatorClient client(Integer... nodes) {
        return CoordinatorClient.open(clientConfig(nodes));
    }

    void stopAll() {
        new ArrayList<>(running.keySet()).forEach(this::stop);
    }

    @Override
    public void close() {
        stopAll();
    }
}
