package io.raftkv.coordinator;

import io.raftkv.config.CoordinatorConfig;
import io.raftkv.coordinator.bootstrap.Bootstrap;
import io.raftkv.coordinator.bootstrap.Cluster;
import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.bootstrap.NodeFiles;
import io.raftkv.coordinator.front.Front;
import io.raftkv.coordinator.front.InfoReport;
import io.raftkv.coordinator.front.NodeInfo;
import io.raftkv.coordinator.front.Peers;
import io.raftkv.coordinator.jgroups.FrameType;
import io.raftkv.coordinator.jgroups.JGroupsTransport;
import io.raftkv.coordinator.jgroups.NodeChannel;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.wire.WireException;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.driver.RaftNode;
import io.raftkv.raft.driver.RaftNodeOptions;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.transport.netty.NettyLoop;
import io.raftkv.resp.RespValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a node through its life: says hello, founds or finds its cluster, opens the Raft group, and hands on what comes in
 * from the channel.
 *
 * <p>Threads: the group's loop, except where said otherwise.
 */
final class NodeDriver implements NodeChannel.Listener, NodeInfo, Peers, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeDriver.class);
    /** The coordinator's one Raft group. */
    private static final long GROUP = 1;

    private static final long FOUNDING_HELLO_NANOS = 200_000_000L;
    private static final long HELLO_NANOS = 2_000_000_000L;

    private final CoordinatorConfig config;
    private final long nodeId;
    private final FileDisk disk;
    private final NodeFiles files;
    private final Threads threads;
    private final SecureRandom random;
    private final NettyLoop loop;
    private final Front front;
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final Map<Long, String> addresses = new TreeMap<>();
    private volatile @Nullable Bootstrap bootstrap;
    private @Nullable RaftNode raft;
    private @Nullable RaftGroup group;
    private volatile @Nullable NodeChannel channel;
    private volatile @Nullable JGroupsTransport transport;
    private boolean closed;

    NodeDriver(
            CoordinatorConfig config,
            long nodeId,
            FileDisk disk,
            NodeFiles files,
            Threads threads,
            SecureRandom random) {
        this.config = config;
        this.nodeId = nodeId;
        this.disk = disk;
        this.files = files;
        this.threads = threads;
        this.random = random;
        loop = threads.loop();
        front = new Front(loop, config.listen().toString(), nodeId, random.nextLong(), this);
    }

    Front front() {
        return front;
    }

    CompletableFuture<Throwable> failure() {
        return failure;
    }

    /** Told before the channel opens. Threads: the starting one, before all else. */
    void begin(Bootstrap begun) {
        String address = begun.hello().node().address();
        loop.execute(() -> addresses.put(nodeId, address));
        bootstrap = begun;
    }

    /** What the node looks forward to, for the log. Threads: the starting one. */
    String expectation() {
        Bootstrap begun = bootstrap;
        Cluster formed = begun == null ? null : begun.formed();
        return formed == null
                ? "cluster size " + config.clusterSize() + ", waiting for majority"
                : "member of cluster " + formed.id() + " of " + formed.nodes().size() + " nodes";
    }

    /** The channel is open: hellos can be said. Threads: the starting one. */
    void connected(NodeChannel opened) {
        channel = opened;
        loop.execute(() -> {
            front.start();
            advance();
            helloEveryNowAndThen();
        });
    }

    private void helloEveryNowAndThen() {
        if (closed) {
            return;
        }
        sayHello();
        loop.schedule(group == null ? FOUNDING_HELLO_NANOS : HELLO_NANOS, () -> {
            advance();
            helloEveryNowAndThen();
        });
    }

    private void sayHello() {
        NodeChannel open = channel;
        Bootstrap begun = bootstrap;
        if (open != null && begun != null && !closed) {
            open.sendHello(begun.hello().encode());
        }
    }

    /** Goes on with the founding, if that is not over. */
    private void advance() {
        Bootstrap begun = bootstrap;
        if (closed || group != null || begun == null || failure.isDone()) {
            return;
        }
        guarded(() -> {
            if (begun.proceed(loop.nowNanos())) {
                sayHello();
            }
            openGroupOnceFormed(begun);
        });
    }

    private void heard(long node, ByteBuffer body) {
        Bootstrap begun = bootstrap;
        if (closed || begun == null || failure.isDone()) {
            return;
        }
        guarded(() -> {
            Hello hello = Hello.decode(body);
            if (hello.id() != node) {
                throw new WireException("node " + Long.toHexString(node) + " says hello as another");
            }
            addresses.put(node, hello.node().address());
            if (begun.hear(hello, loop.nowNanos())) {
                sayHello();
            }
            openGroupOnceFormed(begun);
        });
    }

    private interface Step {
        void run() throws IOException;
    }

    private void guarded(Step step) {
        try {
            step.run();
        } catch (WireException e) {
            LOG.warn("refused a hello: {}", e.getMessage());
        } catch (IOException | RuntimeException e) {
            // Half an opened node is none: whoever runs this process is told, and ends it.
            fail(e);
        }
    }

    private void fail(Throwable cause) {
        LOG.error("coordinator {} stops: {}", config.listen(), cause.getMessage(), cause);
        failure.complete(cause);
    }

    private void openGroupOnceFormed(Bootstrap begun) throws IOException {
        Cluster cluster = begun.formed();
        NodeChannel open = channel;
        if (cluster == null || group != null || open == null || failure.isDone()) {
            return;
        }
        open.joinCluster(cluster.id());
        JGroupsTransport raftFrames = new JGroupsTransport(open);
        transport = raftFrames;
        RaftNode opened = RaftNode.open(options(cluster, raftFrames));
        raft = opened;
        files.checkGroup(opened.groupsOnDisk().contains(GROUP));
        CoordinatorState state = new CoordinatorState(cluster.shards(), front);
        Configuration genesis = Configuration.of(cluster.nodes().stream()
                .map(node -> new ReplicaId(node.id(), 1))
                .toList());
        RaftGroup started = opened.openGroup(GROUP, new ReplicaId(nodeId, 1), genesis, state);
        if (cluster.nodes().get(0).id() == nodeId) {
            // One of them goes first at the founding, so that nobody waits for an election time-out.
            started.preferLeader(started.self());
        }
        files.groupOpened();
        group = started;
        front.opened(started, state);
        sayHello();
    }

    private RaftNodeOptions options(Cluster cluster, JGroupsTransport raftFrames) {
        return RaftNodeOptions.of(
                        nodeId,
                        cluster.id().toString(),
                        disk,
                        List.of(loop),
                        threads.log(),
                        threads.background(),
                        raftFrames)
                .raft(RaftSettings.of(config))
                .log(LogOptions.defaults(this::fail).withSegmentBytes(RaftSettings.LOG_SEGMENT_BYTES))
                .seed(random.nextLong())
                .onFailure(this::fail)
                .build();
    }

    @Override
    public void received(long node, FrameType type, ByteBuffer body) {
        switch (type) {
            case HELLO -> loop.execute(() -> heard(node, body));
            case RAFT -> {
                JGroupsTransport raftFrames = transport;
                if (raftFrames != null) {
                    raftFrames.received(node, body);
                }
            }
            case REQUEST -> loop.execute(() -> front.requested(node, body));
            case REPLY -> loop.execute(() -> front.replied(node, body));
        }
    }

    @Override
    public void viewChanged() {
        loop.execute(this::sayHello);
    }

    @Override
    public void linkChanged(long node, boolean up) {
        JGroupsTransport raftFrames = transport;
        if (raftFrames != null) {
            raftFrames.linkChanged(node, up);
        }
    }

    @Override
    public boolean sendRequest(long node, ByteBuffer body) {
        NodeChannel open = channel;
        return open != null && open.send(node, FrameType.REQUEST, body);
    }

    @Override
    public void sendReply(long node, ByteBuffer body) {
        NodeChannel open = channel;
        if (open != null) {
            open.send(node, FrameType.REPLY, body);
        }
    }

    @Override
    public String name(long node) {
        return addressOf(node);
    }

    @Override
    public String whyNoLeader() {
        Bootstrap begun = bootstrap;
        Cluster cluster = begun == null ? null : begun.formed();
        if (begun != null && cluster == null) {
            return "there is no cluster yet; this node waits for " + begun.waitingFor();
        }
        Set<Long> seen = reachable();
        List<Cluster.Node> members = cluster == null ? List.of() : cluster.nodes();
        long present = members.stream().filter(node -> seen.contains(node.id())).count();
        String names = seen.stream().map(this::addressOf).collect(Collectors.joining(", "));
        return (present > members.size() / 2 ? "no leader is elected yet: " : "no majority is reachable: ") + present
                + " of " + members.size() + " coordinator nodes seen (" + names + ")";
    }

    @Override
    public RespValue cluster() {
        return report().toReply();
    }

    @Override
    public String text() {
        String version = NodeDriver.class.getPackage().getImplementationVersion();
        return report().toText(version == null ? "development" : version, addressOf(nodeId));
    }

    private InfoReport report() {
        Bootstrap begun = bootstrap;
        RaftGroup opened = group;
        GroupStatus status = opened == null ? null : opened.status();
        return new InfoReport(
                config.clusterName(),
                config.shards(),
                begun == null ? null : begun.formed(),
                status,
                front.leader(),
                reachable(),
                this::addressOf,
                begun == null ? "" : begun.waitingFor());
    }

    private Set<Long> reachable() {
        NodeChannel open = channel;
        Set<Long> seen = new TreeSet<>(open == null ? Set.of() : open.reachable());
        seen.add(nodeId);
        return seen;
    }

    private String addressOf(long node) {
        String heard = addresses.get(node);
        if (heard != null) {
            return heard;
        }
        Bootstrap begun = bootstrap;
        Cluster cluster = begun == null ? null : begun.formed();
        Cluster.Node member = cluster == null ? null : cluster.node(node);
        return member == null ? Long.toHexString(node) : member.address();
    }

    /** Threads: any but the loop. */
    @Override
    public void close() throws IOException {
        CountDownLatch stopped = new CountDownLatch(1);
        loop.execute(() -> {
            closed = true;
            front.close();
            stopped.countDown();
        });
        try {
            if (!stopped.await(10, TimeUnit.SECONDS)) {
                LOG.warn("the loop of coordinator {} did not come to its end within 10 s", config.listen());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        RaftNode opened = raft;
        try {
            if (opened != null) {
                opened.close();
            }
        } finally {
            NodeChannel open = channel;
            if (open != null) {
                open.close();
            }
        }
    }
}
