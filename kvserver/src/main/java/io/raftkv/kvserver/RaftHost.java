package io.raftkv.kvserver;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.raftkv.callback.Genesis;
import io.raftkv.callback.Placement;
import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.kvserver.cluster.ShardOpener;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.shard.LeaderView;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.kvserver.shard.ShardMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.driver.Invitation;
import io.raftkv.raft.driver.RaftNode;
import io.raftkv.raft.driver.RaftNodeOptions;
import io.raftkv.raft.driver.RaftOptions;
import io.raftkv.raft.driver.SnapshotOptions;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.transport.netty.NettyLoop;
import io.raftkv.raft.transport.netty.NettyTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs this server's replicas: one Raft node with its log, its snapshots and its links to peers, on the loops that serve
 * the clients too.
 *
 * <p>Threads: {@link #start}, {@link #open}, {@link #openAll}, {@link #openAdded} and {@link #close} one at a time;
 * {@link #accept} and {@link #drop} any.
 */
final class RaftHost implements ShardOpener {
    private static final Logger LOG = LoggerFactory.getLogger(RaftHost.class);

    /** Peers take frames of 64 MiB, and a frame may carry a command beside others. */
    private static final int MAX_COMMAND_BYTES = 32 << 20;

    private static final int HAND_OVER_MS = 3_000;

    private final ServerConfig config;
    private final RaftOptions options;
    private final ShardTable table;
    private final EventLoopGroup loops;
    private final Consumer<ShardGroup> onLeaderChange;
    private final RaftNodeOptions.OnInvited onInvited;
    private final Consumer<Throwable> onFailure;
    private final ExecutorService logWriter = oneThread("log");
    private final ExecutorService background = oneThread("background");
    private volatile @Nullable NettyTransport transport;
    private volatile @Nullable RaftNode node;
    private final ShardGroup.Listener listener = new Listener();
    /** Groups whose data is being deleted. */
    private final Set<Long> dropping = ConcurrentHashMap.newKeySet();

    RaftHost(
            ServerConfig config,
            ShardTable table,
            EventLoopGroup loops,
            Consumer<ShardGroup> onLeaderChange,
            RaftNodeOptions.OnInvited onInvited,
            Consumer<Throwable> onFailure) {
        this.config = config;
        this.options = raftOptions(config);
        this.table = table;
        this.loops = loops;
        this.onLeaderChange = onLeaderChange;
        this.onInvited = onInvited;
        this.onFailure = onFailure;
    }

    private static ExecutorService oneThread(String duty) {
        return Executors.newSingleThreadExecutor(new DefaultThreadFactory("raftkv-kvserver-" + duty, true));
    }

    @Override
    public void start(String clusterId) throws IOException {
        if (node != null) {
            return;
        }
        NettyTransport links = new NettyTransport(clusterId, table.serverId(), loops, this::resolve);
        List<EventLoop> groupLoops = new ArrayList<>();
        for (EventExecutor loop : loops) {
            groupLoops.add(new NettyLoop((io.netty.channel.EventLoop) loop));
        }
        node = RaftNode.open(RaftNodeOptions.of(
                        table.serverId(),
                        clusterId,
                        new FileDisk(config.data()),
                        groupLoops,
                        logWriter,
                        background,
                        links)
                .raft(options)
                .snapshots(SnapshotOptions.DEFAULT
                        .with()
                        .bytesPerSecond(config.fillBytesPerSecond())
                        .build())
                .seed(System.nanoTime() ^ table.serverId())
                .onInvited(onInvited)
                .onFailure(onFailure)
                .build());
        transport = links;
    }

    /**
     * The settings of the Raft node.
     *
     * @throws IllegalArgumentException if those of the server do not fit together; the message says what is allowed
     */
    static RaftOptions raftOptions(ServerConfig config) {
        RaftOptions raft = RaftOptions.DEFAULT;
        int maxCommandBytes = new Limits(config.maxKeyBytes(), config.maxValueBytes()).maxCommandBytes();
        if (maxCommandBytes > MAX_COMMAND_BYTES) {
            throw new IllegalArgumentException("maxValueBytes is " + config.maxValueBytes()
                    + "; what peers send each other allows at most "
                    + (config.maxValueBytes() - (maxCommandBytes - MAX_COMMAND_BYTES)));
        }
        CoreOptions core = CoreOptions.DEFAULT
                .with()
                .heartbeatMs(config.heartbeatMs())
                .electionMinMs(config.electionMinMs())
                .electionMaxMs(config.electionMaxMs())
                .build();
        return raft.with()
                .core(core)
                .maxCommandBytes(maxCommandBytes)
                .maxPendingBytes(Math.max(raft.maxPendingBytes(), 2L * maxCommandBytes))
                .maxLogQueueBytes(Math.max(raft.maxLogQueueBytes(), 2L * maxCommandBytes))
                .maxHeldBytes(Math.max(raft.maxHeldBytes(), 2L * maxCommandBytes))
                .build();
    }

    private @Nullable InetSocketAddress resolve(long serverId) {
        HostPort address = table.addressOf(serverId);
        // A name is resolved by Netty when it connects.
        return address == null ? null : InetSocketAddress.createUnresolved(address.host(), address.port());
    }

    @Override
    public void openAll() throws IOException {
        RaftNode opened = started();
        for (long groupId : opened.groupsOnDisk()) {
            int shard = (int) groupId;
            long generation = groupId >>> 32;
            long incarnation = opened.incarnationOnDisk(groupId);
            Placement placement = table.state().placements().get(shard);
            if (incarnation == 0 && placement != null) {
                // The log was damaged. If this is not it either, its group says so, and asks for the right one.
                incarnation = placement.voters().getOrDefault(table.serverId(), 0L);
            }
            // One that is part of how the shard began is opened with that.
            if (incarnation > Genesis.FIRST && shard < table.shards()) {
                open(shard, generation, incarnation, null);
            }
        }
    }

    @Override
    public void open(Genesis genesis) throws IOException {
        List<ReplicaId> voters = genesis.voters().stream()
                .map(voter -> new ReplicaId(voter.server(), voter.incarnation()))
                .toList();
        long groupId = groupId(genesis.generation(), genesis.shard());
        if (dropping.contains(groupId)) {
            return; // Looked at first: once it is dropped, that is known.
        }
        for (ReplicaId voter : voters) {
            if (voter.server() == table.serverId()
                    && started().droppedIncarnation(groupId) < voter.incarnation()
                    && started().incarnationOnDisk(groupId) <= voter.incarnation()) {
                open(genesis.shard(), genesis.generation(), voter.incarnation(), voters);
            }
        }
    }

    private RaftNode started() {
        if (node == null) {
            throw new IllegalStateException("a shard is opened before the node was started");
        }
        return node;
    }

    /** @param genesis the voters with which the shard began, if this server is one of them; else others fill the replica */
    private synchronized void open(int shard, long generation, long incarnation, @Nullable List<ReplicaId> genesis)
            throws IOException {
        long groupId = groupId(generation, shard);
        if (table.group(shard) != null || dropping.contains(groupId)) {
            return;
        }
        ReplicaId self = new ReplicaId(table.serverId(), incarnation);
        ShardMachine machine = new ShardMachine();
        RaftGroup group =
                started().openGroup(groupId, self, genesis == null ? null : Configuration.of(genesis), machine);
        ShardGroup opened =
                new ShardGroup(shard, generation, group, machine, table, listener, config.clientSessionTtlMs());
        table.add(opened);
        opened.start();
    }

    @Override
    public void openAdded(long groupId, ReplicaId added) throws IOException {
        int shard = (int) groupId;
        if (shard >= table.shards()) {
            return; // It is opened once the map is known.
        }
        ShardGroup earlier = table.group(shard);
        if (dropping.contains(groupId)) {
            return;
        }
        // In this order: who was dropped in between is known to have been.
        GroupStatus status = earlier == null ? null : earlier.group().status();
        switch (Invitation.judge(added, status, started().droppedIncarnation(groupId))) {
            case OPEN -> {
                LOG.info("shard {}: a copy is made here", shard);
                open(shard, groupId >>> 32, added.incarnation(), null);
            }
            case REPLACE -> drop(Objects.requireNonNull(earlier));
            case IGNORE -> {}
        }
    }

    @Override
    public void drop(ShardGroup shard) {
        long groupId = shard.group().id();
        if (!dropping.add(groupId)) {
            return;
        }
        table.remove(shard);
        shard.close();
        started().dropGroup(groupId).whenComplete((nothing, failure) -> {
            dropping.remove(groupId);
            if (failure != null) {
                onFailure.accept(failure);
            } else {
                LOG.info("shard {}: moved away, the copy here is deleted", shard.shard());
            }
        });
    }

    private final class Listener implements ShardGroup.Listener {
        @Override
        public void leaderChanged(ShardGroup shard, LeaderView before) {
            RaftHost.this.leaderChanged(shard, before);
        }

        @Override
        public void removed(ShardGroup shard) {
            drop(shard);
        }
    }

    private static long groupId(long generation, int shard) {
        return generation << 32 | shard;
    }

    private void leaderChanged(ShardGroup shard, LeaderView before) {
        LeaderView now = shard.view();
        if (now.ready()) {
            LOG.info("shard {}: {} leads term {}", shard.shard(), table.self(), now.term());
        } else if (now.leader() == null && before.leader() != null) {
            LOG.info("shard {}: {} leads no more, an election begins", shard.shard(), table.nameOf(before.leader()));
        } else if (now.leader() != null) {
            // The leader says so itself; one line for a change is enough.
            LOG.debug("shard {}: follows {} in term {}", shard.shard(), table.nameOf(now.leader()), now.term());
        }
        table.changed();
        onLeaderChange.accept(shard);
    }

    /** Takes a connection of a peer; closes it while this server has no node yet, as peers try again. */
    void accept(Channel channel) {
        NettyTransport links = transport;
        if (links == null) {
            channel.close();
        } else {
            links.accept(channel);
        }
    }

    /** Lets other servers lead the shards that are led here, before this one stops. Waits until they do, but not for long. */
    void handOver() {
        RaftNode running = node;
        if (running == null) {
            return;
        }
        try {
            int stay = running.handOverLeadership(HAND_OVER_MS)
                    .toCompletableFuture()
                    .get(2L * HAND_OVER_MS, TimeUnit.MILLISECONDS);
            if (stay > 0) {
                LOG.warn("{} shards have no other server that could lead them now", stay);
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the shards led here could not be handed over: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends all replicas. The loops must still run. */
    void close() throws IOException {
        table.groups().forEach(ShardGroup::close);
        try {
            if (node != null) {
                node.close();
            }
        } finally {
            stop(logWriter);
            stop(background);
        }
    }

    private static void stop(ExecutorService executor) {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("a thread did not end within 10 s; it is left behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
