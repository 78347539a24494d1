package io.raftkv.raft.server;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.driver.RaftNode;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that keeps replicas of Raft groups, for programs that embed Raft:
 *
 * <pre>{@code
 * try (RaftServer server = RaftServer.builder()
 *         .clusterId("counters")
 *         .serverId(1)
 *         .dataFolder(Path.of("data/1"))
 *         .peer(1, "10.0.0.1:7001")
 *         .peer(2, "10.0.0.2:7001")
 *         .peer(3, "10.0.0.3:7001")
 *         .start()) {
 *     Counter counter = new Counter();
 *     RaftGroup group = server.openGroup(1, counter);
 *     ...
 * }
 * }</pre>
 *
 * <p>What was acknowledged is on the disks of a majority: everything is synced before it counts. Threads are daemons: a
 * program that has nothing else to do must wait for something itself.
 *
 * <p><b>A lost folder.</b> The folder holds the votes this server gave and the entries it acknowledged. A server that comes
 * back without them would vote again in terms in which it voted already, and an acknowledged write could be lost. So it
 * stops when a peer tells it that it met it with another folder. Either give the machine a new id, {@link #joinGroup}, and
 * replace the old one by {@link RaftGroup#changeMembers}; or say {@link RaftServerBuilder#replacesLostFolder}. An older copy of
 * the folder, as from a backup, is recognised likewise, and its replicas recover from their peers (docs/recovery.md).
 *
 * <p>Life cycle: {@link RaftServerBuilder#start}, then {@link #openGroup} for each group, then {@link #close}. When the disk
 * fails or an invariant breaks the server answers nothing any more, and whoever was given to
 * {@link RaftServerBuilder#onFailure} is told; close it, and start it again once the cause is gone.
 *
 * <p>Threads: any, except that {@link #openGroup} reads from the disk and {@link #close} waits, so that neither belongs on
 * the loop of a group.
 */
public final class RaftServer implements AutoCloseable {
    static final String LOCK = "LOCK";

    private static final Logger LOG = LoggerFactory.getLogger(RaftServer.class);

    private final long id;
    private final int port;
    private final Peers peers;
    private final @Nullable Configuration genesis;
    private final RaftNode node;
    private final Resources resources;

    RaftServer(long id, int port, Peers peers, @Nullable Configuration genesis, RaftNode node, Resources resources) {
        this.id = id;
        this.port = port;
        this.peers = peers;
        this.genesis = genesis;
        this.node = node;
        this.resources = resources;
    }

    /** What a server needs to start. */
    public static RaftServerBuilder builder() {
        return new RaftServerBuilder();
    }

    /** The id of this server in its cluster, never 0. */
    public long id() {
        return id;
    }

    /** The port on which peers are heard; 0 if the network is in memory. */
    public int port() {
        return port;
    }

    /**
     * Opens this server's replica of a group of which the servers given to {@link RaftServerBuilder#peer} are the first
     * voters. They must be the same on all of them when the group is opened for the first time; later the members are what
     * the group decided, and the list only says where servers are. After a restart this opens any replica that the folder
     * holds, one that joined later too.
     *
     * @param groupId any number, the same on all servers
     * @param machine one of its own for each group; its state is loaded from the newest snapshot and the log
     * @throws IOException if what the disk holds of the group cannot be read; the message names the place
     * @throws IllegalStateException if the group was opened before in this life of the server, or if this server is not
     *     among those that found groups
     */
    public RaftGroup openGroup(long groupId, StateMachine machine) throws IOException {
        // 0 if the disk holds nothing of it.
        long incarnation = node.incarnationOnDisk(groupId);
        if (incarnation == 0 && genesis == null) {
            throw new IllegalStateException("server " + id + " is not among the peers that found groups; if it is to be"
                    + " one of them, set serverId and give it a new folder, else use joinGroup");
        }
        return node.openGroup(groupId, new ReplicaId(id, Math.max(1, incarnation)), genesis, machine);
    }

    /**
     * Opens a replica of a group that exists elsewhere. It takes no part until the leader of the group was asked to add it:
     * {@code changeMembers} with {@code new ReplicaId(server.id(), incarnation)} among the voters.
     *
     * @param incarnation 1 if this server was never a member of the group, one more each time it is added again
     * @throws IOException as {@link #openGroup}
     */
    public RaftGroup joinGroup(long groupId, long incarnation, StateMachine machine) throws IOException {
        return node.openGroup(groupId, new ReplicaId(id, incarnation), null, machine);
    }

    /** Ends this server's replica of a group, whose data stays on disk until the server is started again. */
    public void closeGroup(long groupId) {
        node.closeGroup(groupId);
    }

    /** Says where a server is from now on; one that joins later, or has moved. */
    public void peer(long server, String address) {
        peers.put(server, address);
    }

    /** The node behind this door, for what the door does not show. Closed with this. */
    public RaftNode node() {
        return node;
    }

    /**
     * Hands over what this server leads, for which it waits an election time-out at most, see {@link
     * RaftNode#handOverLeadership}. Then closes all groups, telling everybody who waits, ends the threads and lets the folder
     * go. Idempotent.
     */
    @Override
    public void close() throws IOException {
        handOver();
        resources.close();
    }

    private void handOver() {
        int patienceMs = node.options().raft().core().electionMaxMs();
        try {
            node.handOverLeadership(patienceMs).toCompletableFuture().get(2L * patienceMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("server {} closes without handing over what it leads: {}", id, e.toString());
        }
    }
}
