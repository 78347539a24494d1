package io.raftkv.raft.server;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftMetrics;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.driver.RaftNode;
import io.raftkv.raft.driver.RaftNodeOptions;
import io.raftkv.raft.driver.RaftNodeOptions.OnDamage;
import io.raftkv.raft.driver.RaftOptions;
import io.raftkv.raft.driver.SnapshotOptions;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.memory.MemoryDisk;
import io.raftkv.raft.memory.MemoryNetwork;
import io.raftkv.raft.memory.ThreadLoop;
import io.raftkv.raft.transport.Transport;
import io.raftkv.raft.transport.netty.NettyLoops;
import io.raftkv.raft.transport.netty.NettyTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects what a {@link RaftServer} needs and starts it. A cluster id and a data folder must be given; peers and a server
 * id unless the server is alone; the rest has defaults.
 *
 * <p>Threads: one at a time.
 */
public final class RaftServerBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(RaftServerBuilder.class);

    /** What a frame between peers has room for. */
    private static final int MAX_CLUSTER_ID_BYTES = 255;

    private static final int MAX_LOOPS = 64;

    private final Peers peers = new Peers();
    private @Nullable String clusterId;
    private long serverId;
    private @Nullable Path dataFolder;
    private @Nullable MemoryDisk memoryDisk;
    private @Nullable MemoryNetwork memoryNetwork;
    private @Nullable InetSocketAddress listen;
    private int loops = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() / 2));
    private boolean leaseReads;
    private RaftOptions options = RaftOptions.DEFAULT;
    private SnapshotOptions snapshots = SnapshotOptions.DEFAULT;
    private LogOptions log = LogOptions.defaults(failure -> {});
    private OnDamage onDamage = OnDamage.RECOVER;
    private boolean replacesLostFolder;
    private RaftMetrics metrics = RaftMetrics.NONE;
    private Consumer<Throwable> onFailure = failure -> {};

    RaftServerBuilder() {}

    /** Any text that names the cluster; servers of other clusters are refused, and so is a folder of another one. */
    public RaftServerBuilder clusterId(String id) {
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        if (id.isBlank() || bytes > MAX_CLUSTER_ID_BYTES || id.contains("\n") || id.contains("\r")) {
            throw new IllegalArgumentException(
                    "a cluster id is one line of 1 to " + MAX_CLUSTER_ID_BYTES + " bytes; \"" + id + "\" is not");
        }
        clusterId = id;
        return this;
    }

    /** Which of the peers this server is. Without it the id in the data folder counts, or a random one in a new folder. */
    public RaftServerBuilder serverId(long id) {
        if (id == 0) {
            throw new IllegalArgumentException("0 is no server id; give each server a number of its own");
        }
        serverId = id;
        return this;
    }

    /** Where the server keeps all it has: a folder of its own, made if it is missing. */
    public RaftServerBuilder dataFolder(Path folder) {
        dataFolder = folder;
        return this;
    }

    /** Where peers are heard, {@code host:port}; port 0 for one that the system chooses. Default: the own peer address. */
    public RaftServerBuilder listen(String address) {
        listen = Peers.parse(address);
        return this;
    }

    /**
     * One of the servers that found the cluster, this one included, and its {@code host:port}. A server that joins later is
     * not among its own peers, and sets {@link #listen}.
     *
     * @param server not 0
     */
    public RaftServerBuilder peer(long server, String address) {
        if (peers.addressOf(server) != null) {
            throw new IllegalArgumentException("server " + server + " is given twice among the peers");
        }
        peers.put(server, address);
        return this;
    }

    /**
     * Keeps everything in memory, for tests: no files, no sockets, no Netty. Peers still need addresses, which may be any.
     *
     * @param disk given again to the next life of the server it finds what the last one wrote
     */
    public RaftServerBuilder inMemory(MemoryNetwork network, MemoryDisk disk) {
        memoryNetwork = network;
        memoryDisk = disk;
        return this;
    }

    /** Threads over which groups are spread by their ids. Default: half the processors, at least 1, at most 4. */
    public RaftServerBuilder loops(int count) {
        if (count < 1 || count > MAX_LOOPS) {
            throw new IllegalArgumentException("loops is " + count + ", allowed is [1, " + MAX_LOOPS + "]");
        }
        loops = count;
        return this;
    }

    /**
     * Whether the groups that this server founds have leaders with leases, so that {@link ReadMode#LEASE} asks nobody. Off by
     * default, as it trusts clocks; written into the first configuration of a group and the same for its life, so say the same
     * on all founders. After a restart of all its servers such a group needs an election time-out longer to find a leader.
     */
    public RaftServerBuilder leaseReads(boolean value) {
        leaseReads = value;
        return this;
    }

    /** Times and limits. */
    public RaftServerBuilder options(RaftOptions value) {
        options = value;
        return this;
    }

    /** How many snapshots are taken and moved at a time, and how fast. */
    public RaftServerBuilder snapshots(SnapshotOptions value) {
        snapshots = value;
        return this;
    }

    /** How the log lays out its files. */
    public RaftServerBuilder log(LogOptions value) {
        log = value;
        return this;
    }

    /** What to do if the folder is damaged: recover from the peers, which is the default, or refuse to start. */
    public RaftServerBuilder onDamage(OnDamage value) {
        onDamage = value;
        return this;
    }

    /**
     * Whether a new folder takes the place of one of this server that is lost for good. Its replicas neither vote nor count
     * until they have recovered from a majority of the other voters. Without it the server stops when a peer tells it that
     * it met it with another folder. Never for two servers of one id: the one must be gone before the other comes.
     */
    public RaftServerBuilder replacesLostFolder(boolean value) {
        replacesLostFolder = value;
        return this;
    }

    /** Is told in numbers what happens. */
    public RaftServerBuilder metrics(RaftMetrics value) {
        metrics = value;
        return this;
    }

    /** Is told once if the server must stop. The failure is logged in any case. */
    public RaftServerBuilder onFailure(Consumer<Throwable> value) {
        onFailure = value;
        return this;
    }

    /**
     * Recovers what the folder holds, listens, and connects to peers as there is something to say.
     *
     * @throws IllegalArgumentException if what was given does not fit together
     * @throws IOException if the port is taken, or if the folder cannot be read, is in use or of another server; the message
     *     says what to do, and nothing is left open. Damage is set aside unless {@link #onDamage} says to refuse it
     */
    public RaftServer start() throws IOException {
        String cluster = required(clusterId, "clusterId");
        checkPeers();
        Resources resources = new Resources();
        try {
            Disk disk = memoryDisk != null ? memoryDisk : new FileDisk(required(dataFolder, "dataFolder"));
            resources.take(disk.lock(RaftServer.LOCK));
            long id = ServerIdentity.claim(disk, cluster, serverId).serverId();
            return start(cluster, id, disk, resources);
        } catch (IOException | RuntimeException e) {
            resources.closeAfter(e);
            throw e;
        }
    }

    private void checkPeers() {
        peers.checkDistinct();
        SortedSet<Long> ids = peers.ids();
        if (!ids.isEmpty() && !ids.contains(serverId) && listen == null && memoryNetwork == null) {
            throw new IllegalArgumentException((serverId == 0 ? "serverId is not set" : "server " + serverId)
                    + " and the peers are " + ids
                    + "; list the server among them if it founds the cluster, or set listen"
                    + " if it joins later");
        }
        if (ids.size() % 2 == 0 && ids.contains(serverId)) {
            LOG.warn("{} servers tolerate no more failures than {}", ids.size(), ids.size() - 1);
        }
    }

    private RaftServer start(String cluster, long id, Disk disk, Resources resources) throws IOException {
        List<EventLoop> eventLoops = new ArrayList<>();
        Transport transport;
        int port = 0;
        if (memoryNetwork != null) {
            for (int i = 0; i < loops; i++) {
                eventLoops.add(resources.take(new ThreadLoop("raftkv-raft-loop-" + i)));
            }
            transport = resources.take(memoryNetwork.transport(id));
        } else {
            NettyLoops netty = resources.take(new NettyLoops(loops));
            eventLoops.addAll(netty.loops());
            NettyTransport links = resources.take(netty.transport(cluster, id, peers::addressOf));
            port = listen(links, id);
            transport = links;
        }
        WorkerThread logThread = resources.take(new WorkerThread("raftkv-raft-log"));
        WorkerThread background = resources.take(new WorkerThread("raftkv-raft-background"));
        RaftNode node = resources.take(
                RaftNode.open(RaftNodeOptions.of(id, cluster, disk, eventLoops, logThread, background, transport)
                        .raft(options)
                        .snapshots(snapshots)
                        .log(log)
                        .onDamage(onDamage)
                        .replacesLostFolder(replacesLostFolder)
                        .seed(new SecureRandom().nextLong())
                        .metrics(metrics)
                        .onFailure(onFailure)
                        .build()));
        return new RaftServer(id, port, peers, founders(id), node, resources);
    }

    private int listen(NettyTransport links, long id) throws IOException {
        InetSocketAddress address = listen != null ? listen : peers.addressOf(id);
        if (address == null) {
            // Alone and not asked to be found.
            return 0;
        }
        InetSocketAddress resolved = new InetSocketAddress(address.getHostString(), address.getPort());
        if (resolved.isUnresolved()) {
            throw new IOException("cannot listen on " + address + ": there is no such host");
        }
        return links.listen(resolved);
    }

    /** The first members of groups; null on a server that joins them later. */
    private @Nullable Configuration founders(long id) {
        SortedSet<Long> ids = peers.ids();
        if (ids.isEmpty()) {
            ids.add(id);
        }
        if (!ids.contains(id)) {
            return null;
        }
        Configuration first = Configuration.of(
                ids.stream().map(server -> new ReplicaId(server, 1)).toList());
        return leaseReads ? first.withLeaseReads() : first;
    }

    private static <T> T required(@Nullable T value, String name) {
        if (value == null) {
            throw new IllegalArgumentException("set " + name + ": a server has no default for it");
        }
        return value;
    }
}
