package io.raftkv.coordinator;

import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.coordinator.bootstrap.Bootstrap;
import io.raftkv.coordinator.bootstrap.NodeFiles;
import io.raftkv.coordinator.front.ClientCommands;
import io.raftkv.coordinator.front.Front;
import io.raftkv.coordinator.jgroups.NodeChannel;
import io.raftkv.coordinator.state.Node;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.resp.RespServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A coordinator node: one of the three or five processes that keep the slots, the members, the leaders and the shard map.
 *
 * <p>{@link #start} returns once the node can be reached. It finds its peers, founds a cluster with them or goes on with
 * the one its data folder belongs to, and serves clients from then on; before that they are told what it waits for.
 *
 * <p>Threads: any.
 */
public final class Coordinator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

    private final Closing closing;
    private final HostPort address;
    private final Front front;
    private final CompletableFuture<Throwable> failure;

    private Coordinator(Closing closing, HostPort address, Front front, CompletableFuture<Throwable> failure) {
        this.closing = closing;
        this.address = address;
        this.front = front;
        this.failure = failure;
    }

    /**
     * Starts a node.
     *
     * @throws IOException if a port is taken, or the data folder is damaged, foreign or in use; the message names it
     */
    public static Coordinator start(CoordinatorConfig config) throws IOException {
        Closing closing = new Closing();
        try {
            return start(config, closing);
        } catch (IOException | RuntimeException e) {
            closing.close();
            throw e;
        }
    }

    private static Coordinator start(CoordinatorConfig config, Closing closing) throws IOException {
        SecureRandom random = new SecureRandom();
        FileDisk disk = new FileDisk(config.data());
        closing.add("the lock of the data folder", disk.lock("lock"));
        NodeFiles files = new NodeFiles(disk);
        long nodeId = files.nodeId(nonZero(random));
        files.checkNotRemoved(nodeId, config.listen().toString());
        Threads threads =
                closing.add("the threads", Threads.start(config.listen().port()));
        Entrance entrance = new Entrance();
        RespServer server = closing.add(
                "the port for clients",
                RespServer.builder()
                        .host(config.listen().host())
                        .port(config.listen().port())
                        .bossAndWorkers(threads.group())
                        .maxConnections(config.maxConnections())
                        .handler(entrance)
                        .start());
        HostPort address = config.listen().withPort(server.port());
        Node self = new Node(nodeId, Node.normalAddress(address.toString()), config.jgroupsPort());
        Bootstrap bootstrap = bootstrap(config, self, files);
        NodeDriver driver = closing.add("the node", new NodeDriver(config, bootstrap, disk, files, threads, random));
        entrance.open(new ClientCommands(driver.front(), driver, config.sessionTimeoutMs()));
        String expectation = driver.expectation();
        NodeChannel channel = NodeChannel.open(
                new NodeChannel.Options(
                        config.clusterName(),
                        nodeId,
                        config.listen().host(),
                        config.jgroupsPort(),
                        peers(config),
                        known(bootstrap, nodeId)),
                driver);
        LOG.info("coordinator listening {}, {}", address, expectation);
        if (config.clusterSize() % 2 == 0) {
            LOG.warn(
                    "a cluster of {} nodes survives no more failures than one of {}; 3 or 5 are usual",
                    config.clusterSize(),
                    config.clusterSize() - 1);
        }
        driver.connected(channel);
        return new Coordinator(closing, address, driver.front(), driver.failure());
    }

    private static Bootstrap bootstrap(CoordinatorConfig config, Node self, NodeFiles files) throws IOException {
        List<String> members = config.members().stream()
                .map(member -> Node.normalAddress(member.toString()))
                .toList();
        int size = members.isEmpty() ? config.clusterSize() : members.size();
        Bootstrap.Wish wish = new Bootstrap.Wish(config.clusterName(), size, config.shards(), members);
        return new Bootstrap(self, wish, files, UUID::randomUUID);
    }

    /** Where listed peers listen for each other: at a port derived from the one for clients, as the own default is. */
    private static List<InetSocketAddress> peers(CoordinatorConfig config) {
        return config.members().stream()
                .map(member -> member.equals(config.listen())
                        ? member.withPort(config.jgroupsPort())
                        : member.withPort(CoordinatorConfig.jgroupsPortOf(member.port())))
                .map(HostPort::socketAddress)
                .toList();
    }

    /** Where the members listened that this node knew last. */
    private static List<InetSocketAddress> known(Bootstrap bootstrap, long self) {
        return Neighbourhood.places(bootstrap.members(), self).stream()
                .map(HostPort::socketAddress)
                .toList();
    }

    private static long nonZero(SecureRandom random) {
        long id = random.nextLong();
        return id == 0 ? 1 : id;
    }

    /** Where clients reach this node. */
    public HostPort address() {
        return address;
    }

    /** Whether this node leads and serves. */
    public boolean leads() {
        return front.leads();
    }

    /** Whether the cluster goes on without this node: it serves nobody any more. */
    public boolean isRemoved() {
        return front.isRemoved();
    }

    /** Waits until a leader is known; returns false if none was in time. */
    public boolean awaitReady(Duration timeout) throws InterruptedException {
        try {
            front.served().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the node failed", e.getCause());
        }
    }

    /** Done with the cause if the node had to stop by itself: its disk failed, or an invariant broke. */
    public CompletableFuture<Throwable> failure() {
        return failure.copy();
    }

    /** Ends the node; returns once its ports are free and its threads have ended. */
    @Override
    public void close() {
        closing.close();
    }
}
