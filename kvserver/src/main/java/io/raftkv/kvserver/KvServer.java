package io.raftkv.kvserver;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.raftkv.callback.ClientConfig;
import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.kvserver.cluster.ClusterFile;
import io.raftkv.kvserver.cluster.ClusterState;
import io.raftkv.kvserver.cluster.Membership;
import io.raftkv.kvserver.cluster.ServerIdentity;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.service.KvHandler;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.transport.netty.NettyTransport;
import io.raftkv.resp.RespLimits;
import io.raftkv.resp.RespServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A KV server: clients and peers on one port.
 *
 * <p>Life: {@link #start} opens what is on disk and listens; the shards that are new to it open as the coordinator lets
 * them. If the server finds out that it must not go on, {@link #failure} completes, and whoever started it should close it
 * and end the process with an error. {@link #close} ends it without leaving anything behind.
 *
 * <p>Threads: any; {@link #close} not on one of the server's loops.
 */
public final class KvServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KvServer.class);

    private final ServerConfig config;
    private final ShardTable table;
    private final EventLoopGroup loops;
    private final RaftHost host;
    private final Membership membership;
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable RespServer server;

    private KvServer(ServerConfig config, long serverId) {
        this.config = config;
        this.table = new ShardTable(serverId, config.announce());
        this.loops = new MultiThreadIoEventLoopGroup(
                loopCount(config), new DefaultThreadFactory("raftkv-kvserver-loop"), NioIoHandler.newFactory());
        // The two know each other: a shard that is won is registered, and a shard that is known is opened.
        this.host = new RaftHost(config, table, loops, this::leaderChanged, this::invited, this::fail);
        this.membership = new Membership(clientConfig(config), table, new ClusterFile(config.data()), host, this::fail);
    }

    private void leaderChanged(ShardGroup shard) {
        membership.leaderChanged(shard);
    }

    private void invited(long groupId, ReplicaId replica) {
        membership.invited(groupId, replica);
    }

    /** One core is left to the threads that write the log and the snapshots. */
    private static int loopCount(ServerConfig config) {
        int cores = Runtime.getRuntime().availableProcessors();
        return config.ioThreads() > 0 ? config.ioThreads() : Math.max(1, cores - 1);
    }

    private static ClientConfig clientConfig(ServerConfig config) {
        return new ClientConfig(
                config.coordinators(), config.service(), config.sessionTimeoutMs(), config.requestTimeoutMs());
    }

    /**
     * Starts a server. Returns when it listens and has opened all shards that its data folder knows.
     *
     * @throws IllegalArgumentException if settings do not fit together; the message says what is allowed
     * @throws BindException if the port is taken; the message names it
     * @throws IOException if the data folder is damaged or in use; the message says what to do
     */
    public static KvServer start(ServerConfig config) throws IOException {
        RaftHost.raftOptions(config); // Settings that do not fit are told before anything is touched.
        long serverId = ServerIdentity.of(config.data());
        KvServer server = new KvServer(config, serverId);
        try {
            server.open();
            return server;
        } catch (IOException | RuntimeException e) {
            try {
                server.close();
            } catch (RuntimeException onTop) {
                e.addSuppressed(onTop);
            }
            throw e;
        }
    }

    private void open() throws IOException {
        ClusterState known = membership.load();
        if (!known.clusterId().isEmpty()) {
            host.start(known.clusterId());
            host.openAll();
            membership.openKnown();
        }
        Limits limits = new Limits(config.maxKeyBytes(), config.maxValueBytes());
        RespServer listening = RespServer.builder()
                .host(config.listen().host())
                .port(config.listen().port())
                .bossAndWorkers(loops)
                .handler(new KvHandler(table, limits))
                .limits(RespLimits.DEFAULT.withMaxBulkBytes(config.maxValueBytes() + Limits.HEADROOM_BYTES))
                .maxConnections(config.maxConnections())
                .otherProtocol(NettyTransport.FIRST_BYTE, host::accept)
                .start();
        server = listening;
        if (config.announce().port() == 0) {
            table.setSelf(config.announce().withPort(listening.port()));
        }
        LOG.info(
                "KV server {} listens, with {} shards on disk",
                address(),
                table.groups().size());
        membership.start();
    }

    /** The address that the others are told. */
    public HostPort address() {
        return table.self();
    }

    /**
     * Completes, never exceptionally, with the reason if this server must not go on: its disk failed, its address belongs
     * to another server, or its data to another cluster.
     */
    public CompletableFuture<Throwable> failure() {
        return failure.copy();
    }

    private void fail(Throwable why) {
        if (why instanceof IOException) {
            LOG.error("KV server {} must stop: {}", address(), why.getMessage());
        } else {
            LOG.error("KV server {} must stop", address(), why);
        }
        // Not on this thread: it may be one that closing waits for.
        failure.completeAsync(() -> why);
    }

    /**
     * Hands over the shards that it leads, leaves the cluster's members, answers what can be answered, and closes all. Waits
     * until that is done.
     *
     * @throws UncheckedIOException if the log could not be closed; everything else is closed nevertheless
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        host.handOver();
        membership.close();
        if (server != null) {
            server.close();
        }
        try {
            host.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        }
        LOG.info("KV server {} is closed", address());
    }
}
