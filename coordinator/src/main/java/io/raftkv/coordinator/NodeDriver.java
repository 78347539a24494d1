package io.raftkv.coordinator;

import io.raftkv.config.CoordinatorConfig;
import io.raftkv.coordinator.bootstrap.Bootstrap;
import io.raftkv.coordinator.bootstrap.Cluster;
import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.bootstrap.Members;
import io.raftkv.coordinator.bootstrap.NodeFiles;
import io.raftkv.coordinator.front.Front;
import io.raftkv.coordinator.front.InfoReport;
import io.raftkv.coordinator.front.NodeInfo;
import io.raftkv.coordinator.front.Peers;
import io.raftkv.coordinator.jgroups.FrameType;
import io.raftkv.coordinator.jgroups.JGroupsTransport;
import io.raftkv.coordinator.jgroups.NodeChannel;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Node;
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
import java.util.Set;
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
final class NodeDriver implements NodeChannel.Listener, NodeInfo, Peers, Front.Membership, AutoCloseable {
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
    private final Bootstrap bootstrap;
    private final Neighbourhood neighbourhood;
    private @Nullable RaftNode raft;
    private @Nullable RaftGroup group;
    private volatile @Nullable NodeChannel channel;
    private volatile @Nullable JGroupsTransport transport;
    private @Nullable CoordinatorState state;
    private boolean removed;
    private boolean closed;

    NodeDriver(
            CoordinatorConfig config,
            Bootstrap bootstrap,
            FileDisk disk,
            NodeFiles files,
            Threads threads,
            SecureRandom random) {
        this.config = config;
        this.bootstrap = bootstrap;
        Node self = bootstrap.hello().node();
        this.nodeId = self.id();
        this.disk = disk;
        this.files = files;
        this.threads = threads;
        this.random = random;
        loop = threads.loop();
        neighbourhood = new Neighbourhood(loop, threads.background(), self, bootstrap.members());
        front = new Front(loop, self.address(), nodeId, random.nextLong(), this, neighbourhood, this);
    }

    Front front() {
        return front;
    }

    CompletableFuture<Throwable> failure() {
        return failure;
    }

    /** What the node looks forward to, for the log. Threads: the starting one. */
    String expectation() {
        Cluster formed = bootstrap.formed();
        return formed == null
                ? "cluster size " + config.clusterSize() + ", waiting for majority"
                : "member of cluster " + formed.id() + " of "
                        + bootstrap.members().nodes().size() + " nodes";
    }

    /** The channel is open: hellos can be said. Threads: the starting one. */
    void connected(NodeChannel opened) {
        channel = opened;
        loop.execute(() -> {
            neighbourhood.connected(opened);
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
        if (open != null && !closed && !removed) {
            open.sendHello(bootstrap.hello().seeking(neighbourhood.sought()).encode());
        }
    }

    /** Goes on with the founding, if that is not over. */
    private void advance() {
        if (closed || group != null || failure.isDone()) {
            return;
        }
        guarded(() -> {
            if (bootstrap.proceed(loop.nowNanos())) {
                sayHello();
            }
            openGroupOnceFormed();
            showTheWay();
        });
    }

    /** Whoever comes to a node outside of a cluster that is there need not wait for an election. */
    private void showTheWay() {
        if (bootstrap.formed() == null) {
            Members members = bootstrap.members();
            front.nodesAre(addresses(members));
            front.turnAway(members.nodes().isEmpty() ? null : bootstrap.waitingFor());
        }
    }

    private void heard(long node, ByteBuffer body) {
        if (closed || failure.isDone()) {
            return;
        }
        guarded(() -> {
            Hello hello = Hello.decode(body);
            if (hello.id() != node) {
                throw new WireException("node " + Long.toHexString(node) + " says hello as another");
            }
            neighbourhood.hear(hello);
            if (isOurs(hello) && !hello.seeks().isEmpty()) {
                neighbourhood.search(hello.seeks());
            }
            if (removed) {
                follow(hello);
            } else if (bootstrap.hear(hello, loop.nowNanos())) {
                sayHello();
            }
            openGroupOnceFormed();
            showTheWay();
        });
    }

    /** A removed node is told nothing by Raft any more, and still shows clients the way. */
    private void follow(Hello hello) throws IOException {
        if (isOurs(hello)
                && hello.members().version() >= bootstrap.members().version()
                && !hello.members().names(nodeId)) {
            membersAre(hello.members());
        }
    }

    private boolean isOurs(Hello hello) {
        Cluster cluster = bootstrap.formed();
        return cluster != null
                && hello.cluster() != null
                && hello.cluster().id().equals(cluster.id());
    }

    private void membersAre(Members members) throws IOException {
        if (!members.equals(bootstrap.members())) {
            bootstrap.membersAre(members);
            neighbourhood.membersAre(members);
            front.nodesAre(addresses(members));
            sayHello();
        }
    }

    private static List<String> addresses(Members members) {
        return members.nodes().stream().map(Node::address).toList();
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

    private void openGroupOnceFormed() throws IOException {
        Cluster cluster = bootstrap.formed();
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
        CoordinatorState machine = new CoordinatorState(cluster.shards(), cluster.nodes(), front);
        Node node = bootstrap.hello().node();
        ReplicaId self = node.replica(opened.incarnationOnDisk(GROUP));
        // Who came later is brought in by the others, and knows nothing before that.
        Configuration genesis = cluster.names(nodeId) && self.equals(node.replica()) ? genesis(cluster) : null;
        RaftGroup started = opened.openGroup(GROUP, self, genesis, machine);
        if (cluster.nodes().get(0).id() == nodeId) {
            // One of them goes first at the founding, so that nobody waits for an election time-out.
            started.preferLeader(started.self());
        }
        // Else a crash could leave a folder that says so and has no group.
        opened.sync();
        files.groupOpened();
        group = started;
        state = machine;
        neighbourhood.membersAre(bootstrap.members());
        front.nodesAre(addresses(bootstrap.members()));
        front.turnAway(null);
        front.opened(started, machine);
        sayHello();
    }

    private static Configuration genesis(Cluster cluster) {
        return Configuration.of(cluster.nodes().stream().map(Node::replica).toList());
    }

    /** What this node applied names other nodes, or other addresses, than before. */
    @Override
    public void rosterChanged() {
        CoordinatorState opened = state;
        if (opened != null && !removed) {
            guarded(() -> {
                Members members = Members.of(opened.roster());
                // After a restart, what is applied again is older than what was noted; and so are the first entries for
                // a new
                // node.
                if (members.version() >= bootstrap.members().version()) {
                    membersAre(members);
                }
            });
        }
    }

    /** The others go on without this node: it serves nobody from now on, and its id never comes back. */
    @Override
    public void removed() {
        if (removed || closed) {
            return;
        }
        guarded(() -> {
            files.removed();
            removed = true;
            Members left = bootstrap.members();
            membersAre(new Members(
                    left.version(),
                    left.nodes().stream().filter(node -> node.id() != nodeId).toList()));
            front.leave();
            LOG.warn(
                    "coordinator {}: {}; to bring it in anew, stop it, remove its data folder {}, start it, and run: raftkv ctl"
                            + " coordinator add {}",
                    config.listen(),
                    front.whyNot(),
                    disk,
                    config.listen());
        });
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
        return neighbourhood.addressOf(node);
    }

    @Override
    public String whyNoLeader() {
        Cluster cluster = bootstrap.formed();
        if (cluster == null) {
            return "there is no cluster yet; this node waits for " + bootstrap.waitingFor();
        }
        Set<Long> seen = neighbourhood.reachable();
        List<Node> members = bootstrap.members().nodes();
        long present = members.stream().filter(node -> seen.contains(node.id())).count();
        String names = seen.stream().map(neighbourhood::addressOf).collect(Collectors.joining(", "));
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
        return report().toText(version == null ? "development" : version, neighbourhood.addressOf(nodeId));
    }

    private InfoReport report() {
        RaftGroup opened = group;
        GroupStatus status = opened == null ? null : opened.status();
        return new InfoReport(
                config.clusterName(),
                config.shards(),
                bootstrap.formed(),
                bootstrap.members(),
                status,
                front.leader(),
                neighbourhood.reachable(),
                neighbourhood::addressOf,
                removed ? String.valueOf(front.whyNot()) : bootstrap.waitingFor());
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
